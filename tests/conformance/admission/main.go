// Objects as somebody wrote them -> the objects that the API server's validating admission is given.
//
// In: lines of JSON, {"object": …}. Out: a line for each, {"object": …} with the defaults filled in, nulls and
// unknown fields dropped and quantities spelled canonically, or {"refused": reason} if the API server would not
// even decode the object, so that no policy is asked. Decoding, conversion and defaults are Kubernetes' own.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/certificates/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			answer, err := json.Marshal(reply(line))
			if err == nil {
				_, err = fmt.Printf("%s\n", answer)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

func reply(line []byte) map[string]any {
	var asked struct {
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return map[string]any{"refused": err.Error()}
	}
	object, err := admit(asked.Object)
	if err != nil {
		return map[string]any{"refused": err.Error()}
	}
	return map[string]any{"object": object}
}

func admit(text []byte) (map[string]any, error) {
	written := &unstructured.Unstructured{}
	// The API server's own reading keeps whole numbers apart from others.
	if err := utiljson.Unmarshal(text, &written.Object); err != nil {
		return nil, err
	}
	kind := written.GroupVersionKind()
	if !legacyscheme.Scheme.Recognizes(kind) {
		if legacyscheme.Scheme.IsGroupRegistered(kind.Group) {
			return nil, fmt.Errorf("the API server has no %s in %s", kind.Kind, kind.GroupVersion())
		}
		// A custom resource: what its definition fills in is its author's business.
		return withoutNulls(written.Object).(map[string]any), nil
	}
	internal, _, err := legacyscheme.Codecs.UniversalDecoder().Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := create(internal); err != nil {
		return nil, err
	}
	versioned, err := legacyscheme.Scheme.ConvertToVersion(internal, kind.GroupVersion())
	if err != nil {
		return nil, err
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(versioned)
	if err != nil {
		return nil, err
	}
	object["apiVersion"], object["kind"] = kind.GroupVersion().String(), kind.Kind
	return withoutNulls(object).(map[string]any), nil
}

// create fills in what the registry of the API server fills in before it asks the policies.
func create(object runtime.Object) error {
	own, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	if own.GetName() == "" && own.GetGenerateName() != "" {
		own.SetName(own.GetGenerateName() + "x7k2p")
	}
	own.SetUID(types.UID("6b1f1c1e-0000-4000-8000-000000000000"))
	own.SetCreationTimestamp(metav1.Unix(1_800_000_000, 0))
	own.SetGeneration(1)
	return nil
}

// withoutNulls drops the null members of mappings, which the API server doesn't keep.
func withoutNulls(value any) any {
	switch own := value.(type) {
	case map[string]any:
		for key, member := range own {
			if member == nil {
				delete(own, key)
			} else {
				own[key] = withoutNulls(member)
			}
		}
	case []any:
		for index, element := range own {
			own[index] = withoutNulls(element)
		}
	}
	return value
}
