# The objects of the input. It is one document, or the list of files that `conftest --combine` gives, a
# file's contents being a document or a list of them. The items of a List are objects of their own.
_objects := [resource |
	some document in _documents
	some item in _items(document)
	resource := {
		"id": array.concat(document.id, item.path),
		"file": document.file,
		"path": item.path,
		"value": item.value,
		"apiVersion": _scalar_text(_get(item.value, ["apiVersion"])),
		"kind": _scalar_text(_get(item.value, ["kind"])),
	}
]

# Files that are marked as expanded hold no lists of objects.
_documents := [{"id": [], "file": "", "value": input, "expanded": false}] if {
	is_object(input)
} else := [document |
	some index, file in _list(input)
	some position, contents in _contents(_get(file, ["contents"]))
	document := {
		"id": [index, position],
		"file": _or(_get(file, ["path"]), ""),
		"value": contents,
		"expanded": _get(file, ["expanded"]) == true,
	}
]

_contents(contents) := contents if is_array(contents) else := [contents]

_items(document) := [] if {
	_is_manifest(document.value) == false
} else := [{"path": [], "value": document.value}] if {
	document.expanded
} else := [{"path": [], "value": document.value}] if {
	is_array(_get(document.value, ["items"])) == false
} else := _listed(document.value) if {
	endswith(_scalar_text(_get(document.value, ["kind"])), "List")
} else := array.concat([{"path": [], "value": document.value}], _listed(document.value))

_is_manifest(value) := true if {
	_get(value, ["apiVersion"]) != null
} else := _get(value, ["kind"]) != null

# Items without a version and a kind have those of their list.
_listed(list) := [{"path": ["items", index], "value": object.union(_inherited(list, item), item)} |
	some index, item in list.items
	is_object(item)
]

_inherited(list, item) := {} if {
	_is_manifest(item)
} else := {
	"apiVersion": _scalar_text(_get(list, ["apiVersion"])),
	"kind": trim_suffix(_scalar_text(_get(list, ["kind"])), "List"),
}

# What a scalar says, whatever its type; nothing for null, lists and objects.
_scalar_text(value) := value if {
	is_string(value)
} else := json.marshal(value) if {
	is_number(value)
} else := json.marshal(value) if {
	is_boolean(value)
} else := ""

# The value at the end of a path; null where a step is missing. Null is absent.
_get(value, path) := object.get(value, path, null) if is_object(value) else := null

# What belongs to a value that may be absent.
_of_present(owner, value) := null if is_null(owner) else := value

_or(value, fallback) := fallback if is_null(value) else := value

_boolean(value) := value if is_boolean(value) else := null

_string(value) := value if is_string(value) else := null

# As in the API, a whole number has 64 bits.
_whole(value) := value if {
	is_number(value)
	floor(value) == value
	_is_long(value) == false
} else := null

# Whether 64 bits hold less. The lower bound is the last number that is -2⁶³ in floating point, since some readers
# know no other numbers of that size.
_is_long(number) := number < -9223372036854776832 if number < 0 else := number >= 9223372036854775808

_int_or_string(value) := value if {
	is_string(value)
} else := value if {
	is_number(value)
} else := null

_object(value) := value if is_object(value) else := null

_list(value) := value if is_array(value) else := []

_strings(value) := [_string(element) | some element in value] if is_array(value) else := []

_booleans(value) := [_boolean(element) | some element in value] if is_array(value) else := []

_wholes(value) := [_whole(element) | some element in value] if is_array(value) else := []

_quantities(value) := [_quantity(element) | some element in value] if is_array(value) else := []

_decimals(value) := [_decimal(element) | some element in value] if is_array(value) else := []

_structs(value) := [_struct(element) | some element in value] if is_array(value) else := []

_present(values) := [value | some value in values; value != null]

_map(value) := {key: entry | some key, entry in value; entry != null} if is_object(value) else := {}

# A list's element that is null reads as an empty struct, as the API decodes it.
_struct(value) := {} if is_null(value) else := value if is_object(value) else := null

_element(list, index) := list[index] if {
	is_array(list)
	index >= 0
	index < count(list)
} else := null

_keys(value) := sort([key | some key, entry in value; entry != null]) if is_object(value) else := []

# Objects, by kind and place.
_group(resource) := _meant_group(_written_group(resource), resource.kind)

_written_group(resource) := split(resource.apiVersion, "/")[0] if {
	contains(resource.apiVersion, "/")
} else := ""

# The group in which a kind lives today.
_present_group(group, kind) := "apps" if {
	group == "extensions"
	kind in {"Deployment", "DaemonSet", "ReplicaSet"}
} else := "networking.k8s.io" if {
	group == "extensions"
	kind in {"Ingress", "IngressClass", "NetworkPolicy"}
} else := "policy" if {
	group == "extensions"
	kind == "PodSecurityPolicy"
} else := group

# The group that a kind must be meant for where the one that is named is Kubernetes' and has no such kind.
_meant_group(group, kind) := _homes[kind][0] if {
	group in _kubernetes_groups
	false == (group in _homes[kind])
} else := _present_group(group, kind)

_kind(resource) := concat("/", [_group(resource), resource.kind])

# Whether an object is of one of the kinds, given as GROUP/KIND.
_is_kind(resource, kinds) := true if {
	_kind(resource) in kinds
} else := true if {
	concat("/", [_written_group(resource), resource.kind]) in kinds
} else := false

_of_kinds(kinds) := [resource | some resource in _objects; _is_kind(resource, kinds)]

_metadata(resource, field) := _scalar_text(_get(resource.value, ["metadata", field]))

_name(resource) := _metadata(resource, "name") if {
	_metadata(resource, "name") != ""
} else := _metadata(resource, "generateName")

_namespace(resource) := "" if {
	_kind(resource) in _cluster_scoped
} else := _metadata(resource, "namespace") if {
	_metadata(resource, "namespace") != ""
} else := _default_namespace

# The namespaces that objects are or live in, each with an object that says so.
_namespaces := [namespace |
	some name in _namespaces_declared | _namespaces_used
	namespace := {"name": name, "resource": _first(array.concat(
		[resource | some resource in _of_kinds({"/Namespace"}); _name(resource) == name],
		[resource | some resource in _objects; _lives_in(resource, name)],
	))}
]

_namespaces_declared := {_name(resource) | some resource in _of_kinds({"/Namespace"})}

_namespaces_used := {_namespace(resource) | some resource in _objects; _lives_in(resource, _namespace(resource))}

_lives_in(resource, name) := true if {
	name != ""
	_namespace(resource) == name
	_kind(resource) != "/Namespace"
} else := false

_first(list) := list[0]

_identity(resource) := {
	"apiVersion": resource.apiVersion,
	"kind": resource.kind,
	"name": _name(resource),
	"namespace": _namespace(resource),
}

_first_pod(resource) := _pods(resource)[0] if {
	_pods(resource) != []
} else := {"value": null, "path": resource.path}

# The pods of an object, by the API's facts on its kind, else by structure. A template that is missing
# is null where the API demands it; custom resources may do without.
_pods(resource) := [pod |
	some pod in [_pod_at(resource, _pod_templates[_kind(resource)])]
	_demands_template(resource, _pod_templates[_kind(resource)])
] if {
	is_array(_pod_templates[_kind(resource)])
} else := [] if {
	_kind(resource) in _kinds_without_pods
} else := _embedded_pods(resource)

_demands_template(resource, path) := true if {
	_get_from(resource.value, path) != null
} else := true if {
	contains(_group(resource), ".") == false
} else := endswith(_group(resource), ".k8s.io")

_pod_at(resource, path) := {"value": _object(_get_from(resource.value, path)), "path": array.concat(resource.path, path)}

_get_from(value, path) := value if {
	path == []
} else := _get(value, path)

# Objects under a key such as `template` or `podTemplate` whose `spec` lists containers, down to twelve
# levels.
_embedded_pods(resource) := [{"value": place.value, "path": place.path} |
	level_1 := _below([{"value": resource.value, "path": resource.path, "key": ""}])
	level_2 := _below(level_1)
	level_3 := _below(level_2)
	level_4 := _below(level_3)
	level_5 := _below(level_4)
	level_6 := _below(level_5)
	level_7 := _below(level_6)
	level_8 := _below(level_7)
	level_9 := _below(level_8)
	level_10 := _below(level_9)
	level_11 := _below(level_10)
	some level in [level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8, level_9, level_10, level_11]
	some place in level
	_is_template(place)
]

_below(places) := [below |
	some place in places
	_is_template(place) == false
	some key, value in place.value
	_is_composite(value)
	below := {"value": value, "path": array.concat(place.path, [key]), "key": _key_below(place, key)}
]

_is_composite(value) := true if {
	is_object(value)
} else := is_array(value)

_key_below(place, key) := key if is_string(key) else := place.key

_is_template(place) := true if {
	is_object(place.value)
	regex.match(`emplates?$`, place.key)
	[1 | some one in _list(_get(place.value, ["spec", "containers"])); is_object(one)] != []
} else := false

_containers(pod, fields) := [container |
	some field in fields
	some index, value in _list(_get(pod.value, ["spec", field]))
	_struct(value) != null
	container := {
		"value": _struct(value),
		"path": array.concat(pod.path, ["spec", field, index]),
		"field": field,
	}
]

# Where a container of a list stands; `absent` if the list has none at that index.
_container_path(containers, index, absent) := containers[index].path if {
	index >= 0
	index < count(containers)
} else := absent

_class(container) := _classes[container.field]

_classes := {"containers": "regular", "initContainers": "init", "ephemeralContainers": "ephemeral"}

_location(resource) := {"file": resource.file, "line": 1} if resource.file != "" else := {}
