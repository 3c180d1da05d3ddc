// Emitted ValidatingAdmissionPolicies → what Kubernetes' own code says of them.
//
//	vap [-kube 1.30] [-spec DIR] < requests    judges objects
//	vap [-kube 1.30] [-spec DIR] check FILE…   validates and type-checks policies
//
// A request is a line of JSON: {"id", "policy": path of YAML, "object", "oldObject"}. Its answer is a line
// too: {"id", "served", "verdict": "allow|deny|error", "matched", "messages", "warnings", "audit"}. Matching,
// bindings, parameters, evaluation with its budgets of cost, and validation are those of the API server.
//
// {"text": YAML, "objects"} asks for several objects at once by policies that are in no file. Its answer is
// {"answers"}, one for each object, and the policies are forgotten when others come.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
	kjson "sigs.k8s.io/json"
)

func main() {
	kube := flag.String("kube", "1.37", "the release of Kubernetes whose CEL may be used")
	spec := flag.String("spec", "", "the folder of Kubernetes' OpenAPI documents; by default that of the module k8s.io/kubernetes")
	flag.Parse()
	if err := run(*kube, *spec, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kube, folder string, arguments []string) error {
	release, err := version.ParseGeneric(kube)
	if err != nil {
		return err
	}
	if folder == "" {
		if folder, err = specification(); err != nil {
			return err
		}
	}
	api, err := readAPI(folder)
	if err != nil {
		return err
	}
	if len(arguments) > 0 && arguments[0] == "check" {
		return checkFiles(api, release, arguments[1:])
	}
	return judgeLines(api, release)
}

// specification finds the OpenAPI documents in the module of Kubernetes.
func specification() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes").Output()
	if err != nil {
		return "", fmt.Errorf("where is the module k8s.io/kubernetes? %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "api", "openapi-spec", "v3"), nil
}

func judgeLines(api *API, release *version.Version) error {
	judge := &judge{api: api, release: release, files: map[string]*Set{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var request Request
		// Whole numbers stay whole, as the API server reads them.
		if err := kjson.UnmarshalCaseSensitivePreserveInts(lines.Bytes(), &request); err != nil {
			return fmt.Errorf("a request that is no JSON: %w", err)
		}
		found, err := judge.answer(&request)
		if err != nil {
			return err
		}
		answer, err := json.Marshal(found)
		if err != nil {
			return err
		}
		out.Write(answer)
		out.WriteByte('\n')
		// Whoever asks one by one waits for the answer.
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

// judge keeps policies that are compiled: those of files, and the latest that came as text.
type judge struct {
	api     *API
	release *version.Version
	files   map[string]*Set
	text    string
	latest  *Set
}

func (j *judge) answer(request *Request) (any, error) {
	if request.Text != "" {
		if j.latest == nil || j.text != request.Text {
			j.text, j.latest = request.Text, parseSet(request.Text, j.api)
			j.latest.compile(j.release)
		}
		return j.latest.judgeAll(request.Objects), nil
	}
	set, known := j.files[request.Policy]
	if !known {
		var err error
		if set, err = readSet(request.Policy, j.api); err != nil {
			return nil, err
		}
		set.compile(j.release)
		j.files[request.Policy] = set
	}
	return set.judge(request), nil
}

func checkFiles(api *API, release *version.Version, files []string) error {
	found := 0
	for _, file := range files {
		set, err := readSet(file, api)
		if err != nil {
			return err
		}
		for _, line := range set.check(release) {
			fmt.Printf("%s: %s\n", file, line)
			found++
		}
	}
	if found > 0 {
		return fmt.Errorf("%d errors and warnings", found)
	}
	fmt.Printf("%d files are valid, without warnings\n", len(files))
	return nil
}
