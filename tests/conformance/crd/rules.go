package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// expressions asks Kubernetes for the value of every expression in a folder, as the only rule of its
// definition over its object, and holds it against what the file says.
func expressions(folder string) {
	text, err := os.ReadFile(filepath.Join(folder, "definition.yaml"))
	if err != nil {
		fail("%s", err)
		return
	}
	structural := structuralOf(text)
	objects := documents(filepath.Join(folder, "object.yaml"))
	lines, err := os.ReadFile(filepath.Join(folder, "expressions.txt"))
	if err != nil || structural == nil || len(objects) != 1 {
		fail("%s: no definition, no object or no expressions", folder)
		return
	}
	object := objects[0].content
	defaulting.PruneNonNullableNullsWithoutDefaults(object, structural)
	defaulting.Default(object, structural)
	count := 0
	for index, line := range strings.Split(string(lines), "\n") {
		expected, expression, isCase := strings.Cut(line, "\t")
		if !isCase {
			continue
		}
		count++
		found := value(structural, object, expression)
		if found != expected && expected != "unsupported" {
			fail("expressions.txt:%d: %s, not %s: %s", index+1, found, expected, expression)
		}
	}
	fmt.Printf("%d expressions\n", count)
}

// value says what becomes of an object if an expression is the only rule.
func value(structural *schema.Structural, object map[string]any, expression string) string {
	ruled := structural.DeepCopy()
	ruled.XValidations = v1.ValidationRules{{Rule: expression, Message: "broken"}}
	validator := cel.NewValidator(ruled, true, celconfig.PerCallLimit)
	errors, _ := validator.Validate(context.Background(), nil, ruled, object, nil, celconfig.RuntimeCELCostBudget)
	if len(errors) == 0 {
		return "true"
	}
	switch {
	case strings.Contains(errors[0].Detail, "rule compile error"):
		return errors[0].Detail
	case errors[0].Detail == "broken":
		return "false"
	default:
		return "error"
	}
}

// structuralOf reads the schema of a definition's first version.
func structuralOf(text []byte) *schema.Structural {
	crd, err := decode(bytes.ReplaceAll(text, []byte("# RULES"), nil))
	if err != nil {
		fail("%s", err)
		return nil
	}
	written := crd.Spec.Versions[0].Schema
	if written == nil {
		written = crd.Spec.Validation
	}
	structural, err := schema.NewStructural(written.OpenAPIV3Schema)
	if err != nil {
		fail("%s", err)
		return nil
	}
	return structural
}
