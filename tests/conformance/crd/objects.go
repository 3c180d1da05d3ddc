package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	apiservervalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// kind is one whose definition has rules.
type kind struct {
	apiVersion, name string
	namespaced       bool
	// The definition as a manifest, for those that are not built in.
	text       []byte
	structural *schema.Structural
	validator  apiservervalidation.SchemaValidator
	rules      *cel.Validator
}

// objects makes objects of every kind that has rules, of those built in and of the definitions in the folders given,
// and holds what Ordain says of them against what Kubernetes says.
func objects(ordain, operators string, count int, folders []string) {
	kinds := builtIn(operators)
	for _, folder := range folders {
		kinds = append(kinds, defined(folder)...)
	}
	work, err := os.MkdirTemp("", "rules")
	if err != nil {
		fail("%s", err)
		return
	}
	defer os.RemoveAll(work)
	broken := map[string]bool{}
	total, judged, refused := 0, 0, 0
	for _, kind := range kinds {
		made := kind.make(count)
		said := ordainSays(ordain, work, kind, made)
		for index, object := range made {
			name := fmt.Sprintf("%s %s %d", kind.apiVersion, kind.name, index)
			total++
			expected, isBlocked := kind.check(object, broken)
			found := said[index]
			// Whoever finds another fault first may leave it at that; what is refused stays refused.
			if isBlocked || found.isBlocked {
				continue
			}
			judged++
			if len(expected) > 0 {
				refused++
			}
			if strings.Join(expected, "\n") != strings.Join(found.rules, "\n") {
				written, _ := json.Marshal(object)
				fail("%s:\n  Kubernetes: %q\n  Ordain:     %q\n  %s", name, expected, found.rules, written)
			}
		}
	}
	fmt.Printf("%d kinds with rules, %d objects, %d held against rules, %d of them refused, by %d rules\n",
		len(kinds), total, judged, refused, len(broken))
	if refused == 0 {
		fail("no object is refused")
	}
}

// make generates objects, the same at every run.
func (k *kind) make(count int) []map[string]any {
	seed := fnv.New64a()
	seed.Write([]byte(k.apiVersion + k.name))
	random := rand.New(rand.NewSource(int64(seed.Sum64())))
	words := wordsOf(k.structural)
	var made []map[string]any
	for index := range count {
		g := &generator{random: random, words: words, density: 0.05 + 0.4*random.Float64()*random.Float64(), left: 300}
		object := g.object(k.structural, 0)
		delete(object, "status")
		object["apiVersion"] = k.apiVersion
		object["kind"] = k.name
		object["metadata"] = map[string]any{"name": fmt.Sprintf("object-%d", index)}
		made = append(made, object)
	}
	return made
}

// check says what the rules refuse, a line each, and whether the API server goes so far as to ask them.
func (k *kind) check(made map[string]any, broken map[string]bool) ([]string, bool) {
	object := runtime.DeepCopyJSON(made)
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural)
	defaulting.Default(object, k.structural)
	found := apiservervalidation.ValidateCustomResource(nil, object, k.validator)
	found = append(found, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	if blocks(found) {
		return nil, true
	}
	ruled, _ := k.rules.Validate(context.Background(), nil, k.structural, object, nil, celconfig.RuntimeCELCostBudget)
	var lines []string
	for _, err := range ruled {
		broken[k.apiVersion+k.name+err.Detail] = true
		lines = append(lines, line(err))
	}
	sort.Strings(lines)
	return lines, false
}

func line(err *field.Error) string {
	path := err.Field
	if path == "<nil>" {
		path = ""
	}
	path = strings.NewReplacer("[key", ".key", "].", ".").Replace(path)
	if strings.Contains(err.Detail, " evaluating rule: ") || strings.Contains(err.Detail, "did not match a supported operator") {
		return bare(path) + " fails"
	}
	return bare(path) + " " + strings.Join(strings.Fields(err.Detail), " ")
}

// bare is a path in which elements of lists and of maps look alike.
func bare(path string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(path)
}

type verdict struct {
	rules     []string
	isBlocked bool
}

// ordainSays runs `ordain check` over objects, and the definition of their kind if it is not built in.
func ordainSays(ordain, work string, k *kind, made []map[string]any) map[int]verdict {
	folder := filepath.Join(work, "repository")
	os.RemoveAll(folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		fail("%s", err)
	}
	var text strings.Builder
	for _, object := range made {
		written, err := json.Marshal(object)
		if err != nil {
			fail("%s", err)
		}
		fmt.Fprintf(&text, "---\n%s\n", written)
	}
	os.WriteFile(filepath.Join(folder, "objects.yaml"), []byte(text.String()), 0o644)
	if k.text != nil {
		os.WriteFile(filepath.Join(folder, "definition.yaml"), k.text, 0o644)
	}
	out, err := exec.Command(ordain, "check", "--format", "json", folder).Output()
	var status *exec.ExitError
	if err != nil && !(errors.As(err, &status) && status.ExitCode() == 1) {
		fail("ordain check: %s", err)
		return nil
	}
	var report struct {
		Findings []struct {
			Code, Message string
			Object        *struct{ Name string }
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		fail("ordain check: %s", err)
		return nil
	}
	verdicts := map[int]verdict{}
	for _, finding := range report.Findings {
		var index int
		if finding.Object == nil {
			continue
		}
		if _, err := fmt.Sscanf(finding.Object.Name, "object-%d", &index); err != nil {
			continue
		}
		found := verdicts[index]
		switch finding.Code {
		case "S0105", "S0106", "S0108":
			found.isBlocked = true
		case "S0114":
			found.rules = append(found.rules, shortLine(finding.Message))
		case "S0115":
			fail("%s %s: %s", k.apiVersion, k.name, finding.Message)
		}
		sort.Strings(found.rules)
		verdicts[index] = found
	}
	return verdicts
}

func shortLine(message string) string {
	subject, rest, _ := strings.Cut(message, " is refused: ")
	path := ""
	if subject != "the object" {
		path = bare(strings.Trim(subject, "`"))
	}
	if strings.HasPrefix(rest, "its rule fails with ") {
		rest = "fails"
	}
	return path + " " + strings.Join(strings.Fields(rest), " ")
}

// ready prepares a kind whose definition has rules.
func ready(apiVersion, name string, namespaced bool, text []byte, index int) *kind {
	crd, err := decode(text)
	if err != nil {
		fail("%s %s: %s", apiVersion, name, err)
		return nil
	}
	written := crd.Spec.Versions[index].Schema
	if written == nil {
		written = crd.Spec.Validation
	}
	if written == nil || written.OpenAPIV3Schema == nil {
		return nil
	}
	structural, err := schema.NewStructural(written.OpenAPIV3Schema)
	if err != nil {
		fail("%s %s: %s", apiVersion, name, err)
		return nil
	}
	if !ruled(structural) {
		return nil
	}
	validator, _, err := apiservervalidation.NewSchemaValidator(written.OpenAPIV3Schema)
	if err != nil {
		fail("%s %s: %s", apiVersion, name, err)
		return nil
	}
	return &kind{
		apiVersion: apiVersion,
		name:       name,
		namespaced: namespaced,
		structural: structural,
		validator:  validator,
		rules:      cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}
}

// builtIn reads the kinds that Ordain brings with it.
func builtIn(folder string) []*kind {
	var kinds []*kind
	for _, path := range texts(folder) {
		text, err := os.ReadFile(path)
		if err != nil {
			fail("%s", err)
			continue
		}
		head, rest, _ := strings.Cut(string(text), "\n\n")
		var parts []any
		for _, row := range strings.Split(strings.TrimSpace(rest), "\n") {
			var part any
			if err := json.Unmarshal([]byte(row), &part); err != nil {
				fail("%s: %s", path, err)
			}
			parts = append(parts, part)
		}
		for _, row := range strings.Split(head, "\n") {
			words := strings.Fields(row)
			if words[0] != "kind" {
				continue
			}
			var root int
			fmt.Sscan(words[5], &root)
			group, version, _ := strings.Cut(words[1], "/")
			definition, err := json.Marshal(map[string]any{
				"apiVersion": "apiextensions.k8s.io/v1",
				"kind":       "CustomResourceDefinition",
				"metadata":   map[string]any{"name": words[3] + "." + group},
				"spec": map[string]any{
					"group": group,
					"scope": "Namespaced",
					"names": map[string]any{"kind": words[2], "plural": words[3]},
					"versions": []any{map[string]any{
						"name": version, "served": true, "storage": true,
						"schema": map[string]any{"openAPIV3Schema": resolved(parts[root], parts)},
					}},
				},
			})
			if err != nil {
				fail("%s", err)
				continue
			}
			if found := ready(words[1], words[2], words[4] == "namespaced", definition, 0); found != nil {
				kinds = append(kinds, found)
			}
		}
	}
	return kinds
}

// resolved puts the parts of a file into their places.
func resolved(value any, parts []any) any {
	switch value := value.(type) {
	case map[string]any:
		switch reference := value["$ref"].(type) {
		case float64:
			return resolved(parts[int(reference)], parts)
		case string:
			return map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
		}
		out := map[string]any{}
		for name, part := range value {
			out[name] = resolved(part, parts)
		}
		return out
	case []any:
		out := []any{}
		for _, part := range value {
			out = append(out, resolved(part, parts))
		}
		return out
	}
	return value
}

func texts(folder string) []string {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(paths) == 0 {
		fail("%s: no schemas", folder)
	}
	return paths
}

// defined reads the kinds that the manifests in a folder define.
func defined(folder string) []*kind {
	var kinds []*kind
	seen := map[string]bool{}
	filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || !strings.HasSuffix(path, ".yaml") && !strings.HasSuffix(path, ".yml") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "x-kubernetes-validations") {
			return nil
		}
		for _, part := range strings.Split(string(text), "\n---") {
			var head struct {
				Kind string
				Spec struct {
					Group    string
					Scope    string
					Names    struct{ Kind string }
					Versions []struct{ Name string }
				}
			}
			if yaml.Unmarshal([]byte(part), &head) != nil || head.Kind != "CustomResourceDefinition" {
				continue
			}
			for index, version := range head.Spec.Versions {
				apiVersion := head.Spec.Group + "/" + version.Name
				if seen[apiVersion+head.Spec.Names.Kind] {
					continue
				}
				seen[apiVersion+head.Spec.Names.Kind] = true
				if found := ready(apiVersion, head.Spec.Names.Kind, head.Spec.Scope == "Namespaced", []byte(part), index); found != nil {
					found.text = []byte(part)
					kinds = append(kinds, found)
				}
			}
		}
		return nil
	})
	return kinds
}
