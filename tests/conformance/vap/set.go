package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "k8s.io/api/admissionregistration/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	objectvalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

var scheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	utilruntime.Must(apiextensions.AddToScheme(scheme))
	utilruntime.Must(apiextensionsv1.AddToScheme(scheme))
	return scheme
}()

// Set is what one file of YAML holds.
type Set struct {
	api         *API
	policies    []*v1.ValidatingAdmissionPolicy
	bindings    []*v1.ValidatingAdmissionPolicyBinding
	definitions []*apiextensionsv1.CustomResourceDefinition
	objects     []*unstructured.Unstructured
	hooks       []validating.PolicyHook
	recorder    *recorder
	faults      []string
}

// readSet reads a file, with the definitions in the folder `definitions` beside it. What Kubernetes would
// refuse is kept as a fault.
func readSet(path string, api *API) (*Set, error) {
	set := &Set{api: api}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "definitions", "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range append(files, path) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := set.read(file, text); err != nil {
			return nil, err
		}
	}
	set.admitAll()
	return set, nil
}

// parseSet reads all of a set from a text. What is no set has the reason as its fault.
func parseSet(text string, api *API) *Set {
	set := &Set{api: api}
	if err := set.read("text", []byte(text)); err != nil {
		set.fault("%v", err)
	}
	if len(set.policies) == 0 {
		set.fault("the text has no policy")
	}
	set.admitAll()
	return set
}

func (s *Set) admitAll() {
	for _, object := range s.objects {
		s.admit(object)
	}
}

func (s *Set) read(path string, text []byte) error {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := s.add(document); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

func (s *Set) add(document []byte) error {
	asJSON, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	var object map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &object); err != nil || object == nil {
		return err
	}
	switch kind := (&unstructured.Unstructured{Object: object}).GroupVersionKind(); kind {
	case v1.SchemeGroupVersion.WithKind("ValidatingAdmissionPolicy"):
		policy := &v1.ValidatingAdmissionPolicy{}
		s.policies = append(s.policies, policy)
		return s.decode(asJSON, policy)
	case v1.SchemeGroupVersion.WithKind("ValidatingAdmissionPolicyBinding"):
		binding := &v1.ValidatingAdmissionPolicyBinding{}
		s.bindings = append(s.bindings, binding)
		return s.decode(asJSON, binding)
	case apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"):
		definition := &apiextensionsv1.CustomResourceDefinition{}
		s.definitions = append(s.definitions, definition)
		return s.decode(asJSON, definition)
	default:
		s.objects = append(s.objects, &unstructured.Unstructured{Object: object})
		return nil
	}
}

// decode reads a document strictly, fills in defaults and validates it.
func (s *Set) decode(document []byte, object runtime.Object) error {
	unknown, err := kjson.UnmarshalStrict(document, object)
	if err = errors.Join(append(unknown, err)...); err != nil {
		return err
	}
	scheme.Default(object)
	switch own := object.(type) {
	case *v1.ValidatingAdmissionPolicy:
		internal := &admissionregistration.ValidatingAdmissionPolicy{}
		if err := scheme.Convert(own, internal, nil); err != nil {
			return err
		}
		for _, fault := range validation.ValidateValidatingAdmissionPolicy(internal) {
			s.fault("%s: %v", own.Name, fault)
		}
	case *v1.ValidatingAdmissionPolicyBinding:
		internal := &admissionregistration.ValidatingAdmissionPolicyBinding{}
		if err := scheme.Convert(own, internal, nil); err != nil {
			return err
		}
		for _, fault := range validation.ValidateValidatingAdmissionPolicyBinding(internal) {
			s.fault("%s: %v", own.Name, fault)
		}
	case *apiextensionsv1.CustomResourceDefinition:
		internal := &apiextensions.CustomResourceDefinition{}
		if err := scheme.Convert(own, internal, nil); err != nil {
			return err
		}
		for _, fault := range crdvalidation.ValidateCustomResourceDefinition(context.Background(), internal) {
			s.fault("%s: %v", own.Name, fault)
		}
	}
	return nil
}

func (s *Set) fault(format string, arguments ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, arguments...))
}

// admit holds an object against the definition of its kind, and fills in defaults.
func (s *Set) admit(object *unstructured.Unstructured) {
	definition, version := s.definitionOf(object.GroupVersionKind())
	if definition == nil {
		s.fault("%s %s: no definition of its kind is given", object.GetKind(), object.GetName())
		return
	}
	internal := &apiextensions.JSONSchemaProps{}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, internal, nil); err != nil {
		s.fault("%s: %v", definition.Name, err)
		return
	}
	structural, err := structuralschema.NewStructural(internal)
	if err != nil {
		s.fault("%s: %v", definition.Name, err)
		return
	}
	pruned := pruning.PruneWithOptions(object.Object, structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range pruned {
		s.fault("%s %s: unknown field %s", object.GetKind(), object.GetName(), path)
	}
	defaulting.Default(object.Object, structural)
	validator, _, err := objectvalidation.NewSchemaValidator(internal)
	if err != nil {
		s.fault("%s: %v", definition.Name, err)
		return
	}
	for _, fault := range objectvalidation.ValidateCustomResource(nil, object.UnstructuredContent(), validator) {
		s.fault("%s %s: %v", object.GetKind(), object.GetName(), fault)
	}
}

func (s *Set) definitionOf(kind schema.GroupVersionKind) (*apiextensionsv1.CustomResourceDefinition, *apiextensionsv1.CustomResourceDefinitionVersion) {
	for _, definition := range s.definitions {
		for index := range definition.Spec.Versions {
			version := &definition.Spec.Versions[index]
			own := schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}
			if own == kind {
				return definition, version
			}
		}
	}
	return nil, nil
}

// mappingOf finds the resource of a kind, by the API, by the definitions given, else by the usual plural.
func (s *Set) mappingOf(kind schema.GroupVersionKind) (schema.GroupVersionResource, meta.RESTScope) {
	if mapping, err := s.api.mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil {
		return mapping.Resource, mapping.Scope
	}
	if definition, _ := s.definitionOf(kind); definition != nil {
		var scope meta.RESTScope = meta.RESTScopeNamespace
		if definition.Spec.Scope == apiextensionsv1.ClusterScoped {
			scope = meta.RESTScopeRoot
		}
		return kind.GroupVersion().WithResource(definition.Spec.Names.Plural), scope
	}
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return plural, meta.RESTScopeNamespace
}

// ResolveSchema gives the schema of a kind, those of the definitions given included.
func (s *Set) ResolveSchema(kind schema.GroupVersionKind) (*spec.Schema, error) {
	_, version := s.definitionOf(kind)
	if version == nil {
		return s.api.schemas.ResolveSchema(kind)
	}
	text, err := json.Marshal(version.Schema.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	found := &spec.Schema{}
	return found, json.Unmarshal(text, found)
}
