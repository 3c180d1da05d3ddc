// Holds Ordain's custom resources against Kubernetes' own code.
//
// In: a folder that `ordain build --target crd` wrote, and a folder of instances that must be refused.
// Every definition is decoded strictly and validated as the API server does on creation (structural
// schema, CEL compilation and cost included). Every resource must pass pruning without a loss,
// validation, list types and CEL rules. Every rejected instance must be refused with the message beside
// it, and every CEL rule of the definitions must be what refuses one of them.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	apiservervalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// definition is a kind as the API server knows it once its CustomResourceDefinition is in place.
type definition struct {
	structural *schema.Structural
	validator  apiservervalidation.SchemaValidator
	rules      *cel.Validator
	namespaced bool
}

var failures int

func fail(format string, arguments ...any) {
	failures++
	fmt.Printf("FAIL "+format+"\n", arguments...)
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "expressions":
		expressions(os.Args[2])
	case len(os.Args) >= 5 && os.Args[1] == "objects":
		count, _ := strconv.Atoi(os.Args[4])
		objects(os.Args[2], os.Args[3], count, os.Args[5:])
	case len(os.Args) == 3:
		resources(os.Args[1], os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: crd BUILT REJECTED | crd expressions FOLDER | crd objects ORDAIN OPERATORS COUNT FOLDER…")
		os.Exit(2)
	}
	if failures > 0 {
		os.Exit(1)
	}
}

// resources holds built definitions against built resources and rejected ones.
func resources(built, rejected string) {
	definitions := map[string]*definition{}
	covered := map[string]bool{}
	for _, path := range files(built, "definitions") {
		key, loaded := load(path, covered)
		if loaded != nil {
			definitions[key] = loaded
		}
	}
	if failures > 0 || len(definitions) == 0 {
		fmt.Printf("%d definitions in %s, %d failures\n", len(definitions), built, failures)
		os.Exit(1)
	}
	accepted := 0
	for _, path := range files(built, "resources") {
		for _, object := range documents(path) {
			accepted++
			for _, err := range check(definitions, object.content) {
				fail("%s: %s", path, err)
			}
		}
	}
	refused := 0
	for _, path := range files(rejected, "") {
		for _, object := range documents(path) {
			refused++
			refuse(definitions, path, object, covered)
		}
	}
	for rule, isCovered := range covered {
		if !isCovered {
			fail("no rejected instance is refused by the CEL rule %s", rule)
		}
	}
	fmt.Printf("%d definitions with %d CEL rules, %d resources accepted, %d instances refused, %d failures\n",
		len(definitions), len(covered), accepted, refused, failures)
	if failures > 0 || accepted == 0 || refused == 0 {
		os.Exit(1)
	}
}

func files(folder, part string) []string {
	paths, err := filepath.Glob(filepath.Join(folder, part, "*.yaml"))
	if err != nil {
		fail("%s: %s", folder, err)
	}
	sort.Strings(paths)
	return paths
}

// load decodes a definition strictly and validates it as on creation.
func load(path string, covered map[string]bool) (string, *definition) {
	text, err := os.ReadFile(path)
	if err != nil {
		fail("%s", err)
		return "", nil
	}
	crd, err := decode(text)
	if err != nil {
		fail("%s: %s", path, err)
		return "", nil
	}
	for _, version := range crd.Spec.Versions {
		if version.Storage {
			crd.Status.StoredVersions = append(crd.Status.StoredVersions, version.Name)
		}
	}
	errors := validation.ValidateCustomResourceDefinition(context.Background(), crd)
	for _, err := range errors {
		fail("%s: %s", path, err)
	}
	if len(errors) > 0 {
		return "", nil
	}
	version := crd.Spec.Versions[0]
	written := version.Schema
	if written == nil {
		written = crd.Spec.Validation
	}
	structural, err := schema.NewStructural(written.OpenAPIV3Schema)
	if err != nil {
		fail("%s: %s", path, err)
		return "", nil
	}
	validator, _, err := apiservervalidation.NewSchemaValidator(written.OpenAPIV3Schema)
	if err != nil {
		fail("%s: %s", path, err)
		return "", nil
	}
	collect(crd.Spec.Names.Kind, structural, covered)
	key := crd.Spec.Group + "/" + version.Name + " " + crd.Spec.Names.Kind
	return key, &definition{
		structural: structural,
		validator:  validator,
		rules:      cel.NewValidator(structural, true, celconfig.PerCallLimit),
		namespaced: crd.Spec.Scope == apiextensions.NamespaceScoped,
	}
}

// decode reads a definition strictly.
func decode(text []byte) (*apiextensions.CustomResourceDefinition, error) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	object, _, err := codecs.UniversalDecoder(apiextensions.SchemeGroupVersion).Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	crd, ok := object.(*apiextensions.CustomResourceDefinition)
	if !ok {
		return nil, fmt.Errorf("a %T", object)
	}
	return crd, nil
}

var literal = regexp.MustCompile(`'([^']*)'`)

// collect notes every CEL rule by a pattern of the messages that it gives.
func collect(kind string, node *schema.Structural, covered map[string]bool) {
	for _, rule := range node.XValidations {
		pattern := regexp.QuoteMeta(rule.Message)
		if rule.MessageExpression != "" {
			first := literal.FindStringSubmatch(rule.MessageExpression)
			if first == nil {
				fail("%s: a message without words: %s", kind, rule.MessageExpression)
				continue
			}
			pattern = regexp.QuoteMeta(first[1])
		}
		covered[kind+": "+pattern] = false
	}
	for name := range node.Properties {
		property := node.Properties[name]
		collect(kind, &property, covered)
	}
	if node.Items != nil {
		collect(kind, node.Items, covered)
	}
	if node.AdditionalProperties != nil && node.AdditionalProperties.Structural != nil {
		collect(kind, node.AdditionalProperties.Structural, covered)
	}
}

// document is an object with the messages that its comments expect.
type document struct {
	content  map[string]any
	expected []string
	line     int
}

func documents(path string) []document {
	text, err := os.ReadFile(path)
	if err != nil {
		fail("%s", err)
		return nil
	}
	var found []document
	line := 1
	for _, part := range strings.Split(string(text), "\n---\n") {
		object := document{line: line}
		line += strings.Count(part, "\n") + 2
		// By way of JSON, as the API server reads it, so that whole numbers are integers.
		converted, err := yaml.YAMLToJSONStrict([]byte(part))
		if err == nil {
			err = json.Unmarshal(converted, &object.content)
		}
		if err != nil {
			fail("%s:%d: %s", path, object.line, err)
			continue
		}
		for _, row := range strings.Split(part, "\n") {
			if message, ok := strings.CutPrefix(row, "# refused: "); ok {
				object.expected = append(object.expected, message)
			}
		}
		if object.content != nil {
			found = append(found, object)
		}
	}
	return found
}

// check does what the API server does with a new object; what it returns are its refusals.
func check(definitions map[string]*definition, content map[string]any) []string {
	object := &unstructured.Unstructured{Object: content}
	found := definitions[object.GetAPIVersion()+" "+object.GetKind()]
	if found == nil {
		return []string{"no definition of " + object.GetAPIVersion() + " " + object.GetKind()}
	}
	var refusals []string
	if !found.namespaced && object.GetNamespace() != "" {
		refusals = append(refusals, "a namespace on an object of the cluster")
	}
	lost := pruning.PruneWithOptions(content, found.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range lost {
		refusals = append(refusals, "unknown field "+path)
	}
	defaulting.Default(content, found.structural)
	errors := apiservervalidation.ValidateCustomResource(nil, content, found.validator)
	errors = append(errors, listtype.ValidateListSetsAndMaps(nil, found.structural, content)...)
	if found.rules != nil && !blocks(errors) {
		ruled, _ := found.rules.Validate(context.Background(), nil, found.structural, content, nil, celconfig.RuntimeCELCostBudget)
		errors = append(errors, ruled...)
	}
	for _, err := range errors {
		refusals = append(refusals, err.Error())
	}
	return refusals
}

// blocks says whether the API server would not evaluate CEL rules after these errors.
func blocks(errors field.ErrorList) bool {
	for _, err := range errors {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}

// refuse expects exactly the messages beside an instance, each from a refusal of its own.
func refuse(definitions map[string]*definition, path string, object document, covered map[string]bool) {
	kind, _ := object.content["kind"].(string)
	refusals := check(definitions, object.content)
	if len(object.expected) == 0 {
		fail("%s:%d: nothing is expected of it; it is refused with %q", path, object.line, refusals)
	}
	for _, expected := range object.expected {
		isFound := false
		for _, refusal := range refusals {
			isFound = isFound || strings.Contains(refusal, expected)
		}
		if !isFound {
			fail("%s:%d: expected %q, refused with %q", path, object.line, expected, refusals)
		}
	}
	for _, refusal := range refusals {
		isExpected := false
		for _, expected := range object.expected {
			isExpected = isExpected || strings.Contains(refusal, expected)
		}
		if !isExpected {
			fail("%s:%d: refused with %q as well", path, object.line, refusal)
		}
		for rule := range covered {
			if ruleKind, pattern, _ := strings.Cut(rule, ": "); ruleKind == kind {
				if isMatch, _ := regexp.MatchString(pattern, refusal); isMatch {
					covered[rule] = true
				}
			}
		}
	}
}
