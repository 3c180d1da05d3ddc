package main

import (
	"fmt"
	"math/rand"
	"regexp"
	"sort"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// generator makes objects of a schema, of which many break its rules: the strings are those that the rules name.
type generator struct {
	random *rand.Rand
	words  []string
	// How likely an optional field is there.
	density float64
	// How many values may still be made.
	left int
}

var quoted = regexp.MustCompile(`'([^'\\]*)'|"([^"\\]*)"`)

// wordsOf lists the strings that the rules of a schema name, and some of common forms.
func wordsOf(node *schema.Structural) []string {
	seen := map[string]bool{}
	for _, word := range []string{
		"a", "b", "web", "https://example.com/a", "10.0.0.1", "example.com", "*.example.com", "1h", "5m", "10s", "1Gi", "/path", "^a$",
		"2024-01-31T00:00:00Z", "sha256:0123456789012345678901234567890123456789012345678901234567890123", "",
	} {
		seen[word] = true
	}
	walk(node, func(node *schema.Structural) {
		for _, rule := range node.XValidations {
			for _, found := range quoted.FindAllStringSubmatch(rule.Rule, -1) {
				seen[found[1]+found[2]] = true
			}
		}
	})
	var words []string
	for word := range seen {
		words = append(words, word)
	}
	sort.Strings(words)
	return words
}

// walk visits a schema and those in it.
func walk(node *schema.Structural, visit func(*schema.Structural)) {
	visit(node)
	for name := range node.Properties {
		property := node.Properties[name]
		walk(&property, visit)
	}
	if node.Items != nil {
		walk(node.Items, visit)
	}
	if node.AdditionalProperties != nil && node.AdditionalProperties.Structural != nil {
		walk(node.AdditionalProperties.Structural, visit)
	}
}

// ruled says whether there is a rule in a schema.
func ruled(node *schema.Structural) bool {
	found := false
	walk(node, func(node *schema.Structural) { found = found || len(node.XValidations) > 0 })
	return found
}

func (g *generator) value(node *schema.Structural, depth int) any {
	g.left--
	limits := node.ValueValidation
	if limits != nil && len(limits.Enum) > 0 {
		return limits.Enum[g.random.Intn(len(limits.Enum))].Object
	}
	if node.XIntOrString {
		if g.random.Intn(2) == 0 {
			return int64(g.random.Intn(3))
		}
		return g.text(node)
	}
	switch node.Type {
	case "object":
		return g.object(node, depth)
	case "array":
		return g.list(node, depth)
	case "integer":
		return g.number(limits)
	case "number":
		return float64(g.number(limits)) + 0.5
	case "boolean":
		return g.random.Intn(2) == 0
	}
	return g.text(node)
}

func (g *generator) number(limits *schema.ValueValidation) int64 {
	candidates := []int64{0, 1, 2, 80, 100, 443, 500}
	if limits != nil && limits.Minimum != nil {
		candidates = append(candidates, int64(*limits.Minimum))
	}
	if limits != nil && limits.Maximum != nil {
		candidates = append(candidates, int64(*limits.Maximum))
	}
	return candidates[g.random.Intn(len(candidates))]
}

// text chooses a word that the pattern of a string allows.
func (g *generator) text(node *schema.Structural) string {
	start := g.random.Intn(len(g.words))
	for offset := range g.words {
		word := g.words[(start+offset)%len(g.words)]
		limits := node.ValueValidation
		if limits == nil {
			return word
		}
		if limits.MinLength != nil && int64(len(word)) < *limits.MinLength || limits.MaxLength != nil && int64(len(word)) > *limits.MaxLength {
			continue
		}
		if isMatch, err := regexp.MatchString(limits.Pattern, word); err == nil && isMatch {
			return word
		}
	}
	return g.words[start]
}

func (g *generator) list(node *schema.Structural, depth int) []any {
	list := []any{}
	count := g.random.Intn(3)
	if limits := node.ValueValidation; limits != nil {
		if limits.MinItems != nil && int64(count) < *limits.MinItems {
			count = int(*limits.MinItems)
		}
		if limits.MaxItems != nil && int64(count) > *limits.MaxItems {
			count = int(*limits.MaxItems)
		}
	}
	for range count {
		list = append(list, g.value(node.Items, depth+1))
	}
	return list
}

func (g *generator) object(node *schema.Structural, depth int) map[string]any {
	object := map[string]any{}
	if node.AdditionalProperties != nil && node.AdditionalProperties.Structural != nil {
		for index := range g.random.Intn(3) {
			object[fmt.Sprintf("key%d", index)] = g.value(node.AdditionalProperties.Structural, depth+1)
		}
	}
	required := map[string]bool{}
	if node.ValueValidation != nil {
		for _, name := range node.ValueValidation.Required {
			required[name] = true
		}
	}
	var names []string
	for name := range node.Properties {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		property := node.Properties[name]
		isWanted := g.random.Float64() < g.density
		// Rules are what this is about.
		if !isWanted && ruled(&property) {
			isWanted = g.random.Float64() < 0.3
		}
		if required[name] || isWanted && g.left > 0 && depth < 9 {
			object[name] = g.value(&property, depth+1)
		}
	}
	return object
}
