// Modules of Rego with inputs, a line of JSON each -> what OPA finds for every input, a line of JSON each.
//
// A question is {"module": text, "query": "data.package.deny", "inputs": [texts of JSON]}; its answer is
// {"results": [[…], …]}, or {"error": text} if OPA can't tell. One process answers all questions, because
// starting one for each would take longer than the evaluation.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type question struct {
	Module string            `json:"module"`
	Query  string            `json:"query"`
	Inputs []json.RawMessage `json:"inputs"`
}

type answer struct {
	Results [][]any `json:"results,omitempty"`
	Error   string  `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := encoder.Encode(reply(line)); err != nil {
				fail(err)
			}
			if err := out.Flush(); err != nil {
				fail(err)
			}
		}
		if err != nil {
			return
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func reply(line []byte) answer {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Error: "question: " + err.Error()}
	}
	results, err := evaluate(asked)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Results: results}
}

func evaluate(asked question) ([][]any, error) {
	ctx := context.Background()
	prepared, err := rego.New(
		rego.Query(asked.Query),
		rego.Module("module.rego", asked.Module),
		rego.SetRegoVersion(ast.RegoV1),
		rego.Strict(true),
		rego.StrictBuiltinErrors(true),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	all := make([][]any, 0, len(asked.Inputs))
	for number, raw := range asked.Inputs {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		// Whole numbers keep their digits. Others have been floats before OPA sees them, as they are on
		// the way through Conftest, Gatekeeper and the API server.
		decoder.UseNumber()
		var input any
		if err := decoder.Decode(&input); err != nil {
			return nil, fmt.Errorf("input %d: %w", number, err)
		}
		found, err := prepared.Eval(ctx, rego.EvalInput(floated(input)))
		if err != nil {
			return nil, fmt.Errorf("input %d: %w", number, err)
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("input %d: the set of results is undefined", number)
		}
		members, ok := found[0].Expressions[0].Value.([]any)
		if !ok {
			return nil, fmt.Errorf("input %d: the result is no set", number)
		}
		all = append(all, members)
	}
	return all, nil
}

func floated(value any) any {
	switch value := value.(type) {
	case json.Number:
		if number, err := value.Float64(); err == nil && strings.ContainsAny(value.String(), ".eE") {
			return number
		}
	case []any:
		for index := range value {
			value[index] = floated(value[index])
		}
	case map[string]any:
		for key := range value {
			value[key] = floated(value[key])
		}
	}
	return value
}
