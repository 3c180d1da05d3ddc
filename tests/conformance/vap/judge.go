package main

import (
	"context"
	"fmt"

	v1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/warning"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// Request asks for the verdict on an object by policies in a file, or on objects by policies as text.
type Request struct {
	ID        any              `json:"id"`
	Policy    string           `json:"policy"`
	Object    map[string]any   `json:"object"`
	OldObject map[string]any   `json:"oldObject"`
	Text      string           `json:"text"`
	Objects   []map[string]any `json:"objects"`
}

// Answer is the verdict. An error is a fault of the policy: what it says then is no judgement.
type Answer struct {
	ID any `json:"id"`
	// Whether the API server takes objects of the kind in that version; of custom kinds, always.
	Served   bool              `json:"served"`
	Verdict  string            `json:"verdict"`
	Matched  bool              `json:"matched"`
	Messages []string          `json:"messages"`
	Warnings []string          `json:"warnings"`
	Audit    map[string]string `json:"audit"`
}

// recorder keeps what evaluators decide while an object is judged.
type recorder struct {
	results []validating.ValidateResult
}

type recording struct {
	validating.Validator
	into *recorder
}

func (r recording) Validate(ctx context.Context, resource schema.GroupVersionResource, attributes *admission.VersionedAttributes, parameters runtime.Object, namespace *corev1.Namespace, budget int64, authorizer authorizer.UnconditionalAuthorizer) validating.ValidateResult {
	result := r.Validator.Validate(ctx, resource, attributes, parameters, namespace, budget, authorizer)
	r.into.results = append(r.into.results, result)
	return result
}

// compile prepares the policies for judging, as the API server does when it sees them.
func (s *Set) compile(release *version.Version) {
	s.recorder = &recorder{}
	for _, policy := range s.policies {
		evaluator, err := compile(policy, release)
		hook := validating.PolicyHook{
			Policy:             policy,
			Evaluator:          recording{evaluator, s.recorder},
			ConfigurationError: err,
		}
		for _, binding := range s.bindings {
			if binding.Spec.PolicyName == policy.Name {
				hook.Bindings = append(hook.Bindings, binding)
			}
		}
		if kind := policy.Spec.ParamKind; kind != nil {
			own := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
			var resource schema.GroupVersionResource
			resource, hook.ParamScope = s.mappingOf(own)
			hook.ParamInformer = s.parameters(own, resource)
		}
		s.hooks = append(s.hooks, hook)
	}
}

// compile does for one policy what the plugin of the API server does, at the CEL of a release.
func compile(policy *v1.ValidatingAdmissionPolicy, release *version.Version) (validating.Validator, error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(release))
	if err != nil {
		return nil, err
	}
	mode := environment.NewExpressions
	all := cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil, HasAuthorizer: true}
	forMessages := cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil}
	var variables []cel.NamedExpressionAccessor
	for _, variable := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: variable.Name, Expression: variable.Expression})
	}
	compiler.CompileAndStoreVariables(variables, all, mode)
	var matcher matchconditions.Matcher
	if conditions := policy.Spec.MatchConditions; len(conditions) > 0 {
		var accessors []cel.ExpressionAccessor
		for index := range conditions {
			accessors = append(accessors, (*matchconditions.MatchCondition)(&conditions[index]))
		}
		matcher = matchconditions.NewMatcher(compiler.CompileCondition(accessors, all, mode), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	validations := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	for index, own := range policy.Spec.Validations {
		validations[index] = &validating.ValidationCondition{Expression: own.Expression, Message: own.Message, Reason: own.Reason}
		if own.MessageExpression != "" {
			messages[index] = &validating.MessageExpressionCondition{MessageExpression: own.MessageExpression}
		}
	}
	var annotations []cel.ExpressionAccessor
	for _, own := range policy.Spec.AuditAnnotations {
		annotations = append(annotations, &validating.AuditAnnotationCondition{Key: own.Key, ValueExpression: own.ValueExpression})
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, all, mode),
		matcher,
		compiler.CompileCondition(annotations, all, mode),
		compiler.CompileCondition(messages, forMessages, mode),
		policy.Spec.FailurePolicy,
		nil,
	), nil
}

// compileErrors compiles every expression at the CEL of a release and says what it can't.
func compileErrors(policy *v1.ValidatingAdmissionPolicy, release *version.Version) []string {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(release))
	if err != nil {
		return []string{err.Error()}
	}
	options := cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil}
	mode := environment.NewExpressions
	var found []string
	note := func(where string, result cel.CompilationResult) {
		if result.Error != nil {
			found = append(found, fmt.Sprintf("%s: %v", where, result.Error))
		}
	}
	for _, variable := range policy.Spec.Variables {
		own := &validating.Variable{Name: variable.Name, Expression: variable.Expression}
		note("variable "+variable.Name, compiler.CompileAndStoreVariable(own, options, mode))
	}
	for index, own := range policy.Spec.Validations {
		where := fmt.Sprintf("validations[%d]", index)
		note(where, compiler.CompileCELExpression(&validating.ValidationCondition{Expression: own.Expression}, options, mode))
		if own.MessageExpression != "" {
			note(where+".messageExpression", compiler.CompileCELExpression(&validating.MessageExpressionCondition{MessageExpression: own.MessageExpression}, options, mode))
		}
	}
	for _, own := range policy.Spec.AuditAnnotations {
		note("auditAnnotation "+own.Key, compiler.CompileCELExpression(&validating.AuditAnnotationCondition{ValueExpression: own.ValueExpression}, options, mode))
	}
	return found
}

// Answers are the verdicts on several objects.
type Answers struct {
	Answers []Answer `json:"answers"`
}

// judgeAll gives the verdicts on objects that are created.
func (s *Set) judgeAll(objects []map[string]any) Answers {
	all := Answers{Answers: []Answer{}}
	for _, object := range objects {
		all.Answers = append(all.Answers, s.judge(&Request{Object: object}))
	}
	return all
}

// judge gives the verdict on an object, as the API server's dispatcher finds it.
func (s *Set) judge(request *Request) Answer {
	answer := Answer{ID: request.ID, Messages: []string{}, Warnings: []string{}, Audit: map[string]string{}}
	object := &unstructured.Unstructured{Object: request.Object}
	kind := object.GroupVersionKind()
	answer.Served = s.api.serves(kind)
	for _, fault := range s.faults {
		answer.Messages = append(answer.Messages, "refused by Kubernetes: "+fault)
	}
	if len(s.faults) > 0 {
		answer.Verdict = "error"
		return answer
	}
	resource, scope := s.mappingOf(kind)
	namespace := ""
	if scope.Name() == meta.RESTScopeNameNamespace {
		if namespace, _, _ = unstructured.NestedString(request.Object, "metadata", "namespace"); namespace == "" {
			namespace = "default"
		}
	}
	operation := admission.Create
	var options runtime.Object = &metav1.CreateOptions{}
	var old runtime.Object
	if request.OldObject != nil {
		old = &unstructured.Unstructured{Object: request.OldObject}
		operation, options = admission.Update, &metav1.UpdateOptions{}
	}
	name, _, _ := unstructured.NestedString(request.Object, "metadata", "name")
	attributes := &annotated{
		Attributes: admission.NewAttributesRecord(object, old, kind, namespace, name, resource, "", operation, options, false, &user.DefaultInfo{Name: "conformance"}),
		into:       answer.Audit,
	}
	matcher := generic.NewPolicyMatcher(matching.NewMatcher(anyNamespace{}, nil))
	dispatcher := validating.NewDispatcher(nobody{}, matcher)
	ctx := warning.WithWarningRecorder(context.Background(), recordedWarnings{&answer.Warnings})
	s.recorder.results = nil
	err := dispatcher.Dispatch(ctx, attributes, admission.NewObjectInterfacesFromScheme(scheme), s.hooks)
	answer.Verdict = "allow"
	answer.Matched = len(s.recorder.results) > 0
	faulty := false
	for _, result := range s.recorder.results {
		for _, decision := range result.Decisions {
			if decision.Action == validating.ActionDeny {
				answer.Verdict = "deny"
				answer.Messages = append(answer.Messages, decision.Message)
			}
			faulty = faulty || decision.Evaluation == validating.EvalError
		}
		for _, annotation := range result.AuditAnnotations {
			if annotation.Action == validating.AuditAnnotationActionError {
				answer.Messages = append(answer.Messages, annotation.Error)
				faulty = true
			}
		}
	}
	if err != nil && answer.Verdict == "allow" {
		answer.Messages = append(answer.Messages, err.Error())
		faulty = true
	}
	if faulty {
		answer.Verdict = "error"
	}
	return answer
}

type annotated struct {
	admission.Attributes
	into map[string]string
}

func (a *annotated) AddAnnotation(key, value string) error {
	a.into[key] = value
	return nil
}

type recordedWarnings struct{ into *[]string }

func (r recordedWarnings) AddWarning(_, text string) { *r.into = append(*r.into, text) }

// anyNamespace knows every namespace.
type anyNamespace struct{ listersv1.NamespaceLister }

func (anyNamespace) Get(name string) (*corev1.Namespace, error) {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, nil
}

// nobody may do anything; no emitted policy asks.
type nobody struct{}

func (nobody) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionDeny, "", nil
}

type parameterInformer struct {
	cache.SharedIndexInformer
	lister cache.GenericLister
}

func (p parameterInformer) Informer() cache.SharedIndexInformer { return p }
func (p parameterInformer) Lister() cache.GenericLister         { return p.lister }
func (p parameterInformer) HasSynced() bool                     { return true }

// parameters holds the objects of the set that are of a kind.
func (s *Set) parameters(kind schema.GroupVersionKind, resource schema.GroupVersionResource) parameterInformer {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for _, object := range s.objects {
		if object.GroupVersionKind() == kind {
			if err := indexer.Add(object); err != nil {
				s.fault("%s: %v", object.GetName(), err)
			}
		}
	}
	return parameterInformer{lister: cache.NewGenericLister(indexer, resource.GroupResource())}
}
