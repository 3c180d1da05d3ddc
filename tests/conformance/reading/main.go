// Says what Kubernetes' own code makes of manifests.
//
// In: names of files, as arguments or a line each on standard input. Out: a line of JSON a file: the objects that
// kubectl would send, or why it sends none, and whether the strict decoder takes each document for its type.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/kubernetes/scheme"
)

// reading is what became of a file.
type reading struct {
	File    string `json:"file"`
	Objects []any  `json:"objects"`
	// Error is why kubectl stopped, after it had sent the objects.
	Error string `json:"error,omitempty"`
	// Strict is why a document is not what its type asks for.
	Strict string `json:"strict,omitempty"`
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	each(func(file string) {
		read := reading{File: file, Objects: []any{}}
		if err := kubectl(file, &read); err != nil {
			read.Error = err.Error()
		}
		if err := strict(file); err != nil {
			read.Strict = err.Error()
		}
		if err := encoder.Encode(read); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(2)
		}
		out.Flush()
	})
}

func each(then func(string)) {
	if len(os.Args) > 1 {
		for _, file := range os.Args[1:] {
			then(file)
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		then(lines.Text())
	}
}

// kubectl reads a file as `kubectl label --local` does.
func kubectl(file string, read *reading) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	result := resource.NewLocalBuilder().Unstructured().
		FilenameParam(false, &resource.FilenameOptions{Filenames: []string{file}}).
		Flatten().Do()
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if object, ok := info.Object.(*unstructured.Unstructured); ok {
			read.Objects = append(read.Objects, object.Object)
		} else {
			read.Objects = append(read.Objects, info.Object)
		}
		return nil
	})
}

var decoder = serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()

// strict decodes each document of a file into the Go type of its kind. Kinds without one are not held to any.
func strict(file string) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if isEmpty(document) {
			continue
		}
		_, _, err = decoder.Decode(document, nil, nil)
		if err != nil && !runtime.IsNotRegisteredError(err) {
			return err
		}
	}
}

// isEmpty says whether a document has nothing but comments.
func isEmpty(document []byte) bool {
	for _, line := range bytes.Split(document, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}
