package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/openapi/openapitest"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// API is what Kubernetes serves: kinds with their resources, and their schemas.
type API struct {
	mapper  *meta.DefaultRESTMapper
	schemas resolver.SchemaResolver
}

// readAPI reads the OpenAPI documents of a folder, one a group and version.
func readAPI(folder string) (*API, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_openapi.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no OpenAPI documents in %s", folder)
	}
	api := &API{mapper: meta.NewDefaultRESTMapper(nil)}
	for _, file := range files {
		if err := api.addKinds(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	documents := fileDiscovery{client: openapitest.NewFileClient(folder)}
	api.schemas = &cachedSchemas{
		below: &resolver.ClientDiscoveryResolver{Discovery: documents},
		known: map[schema.GroupVersionKind]*spec.Schema{},
	}
	return api, nil
}

// addKinds adds the kinds whose objects can be created at a path of a document.
func (a *API) addKinds(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var document struct {
		Paths map[string]struct {
			Post *struct {
				Kind schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
			} `json:"post"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	for path, operations := range document.Paths {
		if operations.Post == nil || operations.Post.Kind.Empty() || strings.Contains(path, "{name}") {
			continue
		}
		var scope meta.RESTScope = meta.RESTScopeRoot
		if strings.Contains(path, "/{namespace}/") {
			scope = meta.RESTScopeNamespace
		}
		kind := operations.Post.Kind
		resource := kind.GroupVersion().WithResource(path[strings.LastIndex(path, "/")+1:])
		a.mapper.AddSpecific(kind, resource, resource, scope)
	}
	return nil
}

// serves says whether objects of a kind can be sent in that version; of groups that others may own, always.
func (a *API) serves(kind schema.GroupVersionKind) bool {
	_, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	return err == nil || strings.Contains(kind.Group, ".") && !strings.HasSuffix(kind.Group, ".k8s.io")
}

type fileDiscovery struct {
	discovery.DiscoveryInterface
	client openapi.Client
}

func (d fileDiscovery) OpenAPIV3() openapi.Client { return d.client }

type cachedSchemas struct {
	below resolver.SchemaResolver
	known map[schema.GroupVersionKind]*spec.Schema
}

func (c *cachedSchemas) ResolveSchema(kind schema.GroupVersionKind) (*spec.Schema, error) {
	if known, ok := c.known[kind]; ok {
		return known, nil
	}
	found, err := c.below.ResolveSchema(kind)
	if err == nil {
		c.known[kind] = found
	}
	return found, err
}
