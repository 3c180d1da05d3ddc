package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// check lists what validation refuses, what the release can't compile, and what type checking warns of.
func (s *Set) check(release *version.Version) []string {
	found := append([]string(nil), s.faults...)
	checker := validating.TypeChecker{SchemaResolver: s, RestMapper: s.api.mapper}
	for _, policy := range s.policies {
		for _, fault := range compileErrors(policy, release) {
			found = append(found, fmt.Sprintf("%s: Kubernetes %s: %s", policy.Name, release, fault))
		}
		for _, warning := range checker.Check(policy) {
			found = append(found, fmt.Sprintf("%s: %s: %s", policy.Name, warning.FieldRef, warning.Warning))
		}
	}
	return found
}
