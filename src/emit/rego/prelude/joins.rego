# Selectors.
_labels_hold(wanted, labels) := [1 |
	some key, value in _map(wanted)
	_string(value) != _or(_string(_get(labels, [key])), 0)
] == []

_map_selects(selector, labels) := true if {
	_map(selector) != {}
	_labels_hold(selector, labels)
} else := false

# What has no type is taken for what it looks like.
_open_selects(selector, labels) := _map_selects(selector, labels) if {
	is_object(selector)
	selector != {}
	[1 | some key in object.keys(selector); key in {"matchLabels", "matchExpressions", "nodeSelectorTerms"}] == []
} else := _selector_selects(selector, labels)

# Selectors of nodes are alternatives of such requirements.
_selector_selects(selector, labels) := true in [_requirements_hold(term, labels) | some term in _list(_get(selector, ["nodeSelectorTerms"]))] if {
	_get(selector, ["nodeSelectorTerms"]) != null
} else := _requirements_hold(selector, labels)

_requirements_hold(selector, labels) := true if {
	is_object(selector)
	_labels_hold(_get(selector, ["matchLabels"]), labels)
	[1 | some requirement in _list(_get(selector, ["matchExpressions"])); _requirement_holds(requirement, labels) == false] == []
} else := false

_requirement_holds(requirement, labels) := _operator_holds(_get(requirement, ["operator"]), _string(_get(labels, [_get(requirement, ["key"])])), [value | some value in _list(_get(requirement, ["values"])); is_string(value)]) if {
	is_string(_get(requirement, ["key"]))
} else := false

_operator_holds(operator, label, values) := label in values if {
	operator == "In"
} else := true if {
	operator == "NotIn"
	is_null(label)
} else := ([1 | some value in values; value == label] == []) if {
	operator == "NotIn"
} else := is_string(label) if {
	operator == "Exists"
} else := is_null(label) if {
	operator == "DoesNotExist"
} else := false

# References from one object to another.
_filled(value, field) := _get(value, [field]) if {
	is_string(_get(value, [field]))
	_get(value, [field]) != ""
} else := null

_is_service(resource) := _kind(resource) == "/Service"

_refers_to(reference, owner, resource) := _refers(_get(reference, ["service"]), owner, resource, true) if {
	_get(reference, ["service", "name"]) != null
} else := _refers(_get(reference, ["resource"]), owner, resource, false) if {
	_get(reference, ["resource", "name"]) != null
} else := _refers(reference, owner, resource, false)

_refers(reference, owner, resource, only_service) := false if {
	only_service
	_is_service(resource) == false
} else := _names_service(reference, owner, resource) if {
	_filled(reference, "serviceName") != null
} else := true if {
	_named(reference) == _name(resource)
	_or(_filled(reference, "kind"), _meant_kind(owner, resource)) == resource.kind
	_group_meant(reference, resource)
	_namespace(resource) in {"", _or(_filled(reference, "namespace"), _namespace(owner))}
} else := false

# Volumes name Secrets and claims under fields of their own.
_named(reference) := _first_of([name |
	some field in ["name", "secretName", "claimName"]
	name := _get(reference, [field])
	is_string(name)
])

_first_of(names) := null if count(names) == 0 else := null if names[0] == "" else := names[0]

_names_service(reference, owner, resource) := true if {
	_is_service(resource)
	_filled(reference, "serviceName") == _name(resource)
	_namespace(resource) == _namespace(owner)
} else := false

_meant_kind(owner, resource) := "Deployment" if {
	_kind(owner) == "keda.sh/ScaledObject"
	_group(resource) == "apps"
} else := resource.kind

_group_meant(reference, resource) := _present_group(_filled(reference, "apiGroup"), resource.kind) == _group(resource) if {
	_filled(reference, "apiGroup") != null
} else := _present_group(_filled(reference, "group"), resource.kind) == _group(resource) if {
	_filled(reference, "group") != null
} else := _present_group(_group_of_version(_filled(reference, "apiVersion")), resource.kind) == _group(resource) if {
	_filled(reference, "apiVersion") != null
} else := true

_group_of_version(version) := split(version, "/")[0] if contains(version, "/") else := ""

_pod_reference_names(reference, owner, resource) := true if {
	reference.kind == resource.kind
	reference.name == _name(resource)
	_namespace(resource) in {"", _namespace(owner)}
} else := false

# What a pod names: Secrets, ConfigMaps, claims, its service account, and other objects.
_references(pod, kinds) := [reference |
	some found in array.concat(_references_of_containers(pod), _references_of_spec(pod))
	found.kind in kinds
	is_string(_get(found.source, [found.field]))
	_get(found.source, [found.field]) != ""
	reference := {
		"path": array.concat(found.path, [found.field]),
		"value": {"kind": found.kind, "name": _get(found.source, [found.field]), "optional": _get(found.source, ["optional"]) == true},
	}
]

_references_of_containers(pod) := [found |
	some container in _containers(pod, ["initContainers", "containers", "ephemeralContainers"])
	some origin in _environment
	some index, entry in _list(_get(container.value, [origin[0]]))
	found := {"kind": origin[2], "source": _get(entry, origin[1]), "path": array.concat(container.path, array.concat([origin[0], index], origin[1])), "field": "name"}
]

_environment := [
	["env", ["valueFrom", "secretKeyRef"], "Secret"],
	["env", ["valueFrom", "configMapKeyRef"], "ConfigMap"],
	["envFrom", ["secretRef"], "Secret"],
	["envFrom", ["configMapRef"], "ConfigMap"],
]

_volume_sources := [
	[["secret"], "secretName", "Secret"],
	[["configMap"], "name", "ConfigMap"],
	[["persistentVolumeClaim"], "claimName", "PersistentVolumeClaim"],
	[["csi", "nodePublishSecretRef"], "name", "Secret"],
	[["azureFile"], "secretName", "Secret"],
	[["cephfs", "secretRef"], "name", "Secret"],
	[["flexVolume", "secretRef"], "name", "Secret"],
	[["iscsi", "secretRef"], "name", "Secret"],
	[["rbd", "secretRef"], "name", "Secret"],
	[["scaleIO", "secretRef"], "name", "Secret"],
	[["storageos", "secretRef"], "name", "Secret"],
]

_references_of_spec(pod) := array.concat(
	array.concat(
		[found |
			some index, volume in _list(_get(pod.value, ["spec", "volumes"]))
			some origin in _volume_sources
			found := {"kind": origin[2], "source": _get(volume, origin[0]), "path": array.concat(pod.path, array.concat(["spec", "volumes", index], origin[0])), "field": origin[1]}
		],
		[found |
			some index, volume in _list(_get(pod.value, ["spec", "volumes"]))
			some position, projected in _list(_get(volume, ["projected", "sources"]))
			some origin in [["secret", "Secret"], ["configMap", "ConfigMap"]]
			found := {"kind": origin[1], "source": _get(projected, [origin[0]]), "path": array.concat(pod.path, ["spec", "volumes", index, "projected", "sources", position, origin[0]]), "field": "name"}
		],
	),
	array.concat(
		[found |
			some index, secret in _list(_get(pod.value, ["spec", "imagePullSecrets"]))
			found := {"kind": "Secret", "source": secret, "path": array.concat(pod.path, ["spec", "imagePullSecrets", index]), "field": "name"}
		],
		[found |
			some origin in [[_account_field(pod), "ServiceAccount"], ["priorityClassName", "PriorityClass"], ["runtimeClassName", "RuntimeClass"]]
			found := {"kind": origin[1], "source": _get(pod.value, ["spec"]), "path": array.concat(pod.path, ["spec"]), "field": origin[0]}
		],
	),
)

_account_field(pod) := "serviceAccount" if {
	is_null(_get(pod.value, ["spec", "serviceAccountName"]))
} else := "serviceAccountName"

# What Argo CD and Flux deploy: the objects of files in the folders that they name.
_deploys(deployer, resource) := true if {
	deployer.id != resource.id
	[1 | some folder in _folders(deployer); _folder_holds(_path_parts(folder), _path_parts(resource.file))] != []
} else := false

_folders(deployer) := _argo_folders(_get(deployer.value, ["spec"])) if {
	_kind(deployer) == "argoproj.io/Application"
} else := _argo_folders(_get(deployer.value, ["spec", "template", "spec"])) if {
	_kind(deployer) == "argoproj.io/ApplicationSet"
} else := [_or(_string(_get(deployer.value, ["spec", "path"])), "./")] if {
	_kind(deployer) == "kustomize.toolkit.fluxcd.io/Kustomization"
	_get(deployer.value, ["spec"]) != null
} else := [chart |
	some chart in [_get(deployer.value, ["spec", "chart", "spec", "chart"])]
	_starts_with(chart, ".")
] if {
	_kind(deployer) == "helm.toolkit.fluxcd.io/HelmRelease"
} else := []

_argo_folders(spec) := [path |
	some source in array.concat([_get(spec, ["source"])], _list(_get(spec, ["sources"])))
	path := _get(source, ["path"])
	is_string(path)
]

_path_parts(path) := [part | some part in split(path, "/"); part != ""; part != "."]

_folder_holds(folder, file) := true if {
	folder == []
} else := [1 |
	some start, _ in file
	start + count(folder) < count(file)
	array.slice(file, start, start + count(folder)) == folder
] != []

_referable := {"Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount", "PriorityClass", "RuntimeClass"}

# Selectors see the objects of their own namespace, those of cluster-scoped objects all.
_share_namespace(owner, resource) := true if {
	"" in [_namespace(owner), _namespace(resource)]
} else := _namespace(owner) == _namespace(resource)
