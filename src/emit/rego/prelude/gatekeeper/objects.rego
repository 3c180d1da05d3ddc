# The objects that a rule may read: the one under review, and those of the inventory.
_objects := array.concat(_reviewed, _inventory)

# The object under review; none where it is about to be deleted, since what is gone breaks no rule.
_reviewed := [] if {
	_get(input, ["review", "operation"]) == "DELETE"
} else := [_resource(_placed_in(_get(input, ["review", "object"]), _scalar_text(_get(input, ["review", "namespace"]))))]

# The object under review as it was before; null where it is new.
_before_review := _resource(_placed_in(_get(input, ["review", "oldObject"]), _scalar_text(_get(input, ["review", "namespace"])))) if {
	is_object(_get(input, ["review", "oldObject"]))
} else := null

# Audits know no former objects: what reads one is judged at admission alone.
_knows_former := _get(input, ["review", "operation"]) in {"CREATE", "UPDATE"}

_resource(value) := {
	"id": [_scalar_text(_get(value, ["kind"])), _scalar_text(_get(value, ["metadata", "namespace"])), _scalar_text(_get(value, ["metadata", "name"]))],
	"file": "",
	"path": array.concat([], []),
	"value": value,
	"apiVersion": _scalar_text(_get(value, ["apiVersion"])),
	"kind": _scalar_text(_get(value, ["kind"])),
}

# An object that names no namespace has that of the request, but for a Namespace, whose requests name itself.
_placed_in(value, namespace) := object.union(value, {"metadata": {"namespace": namespace}}) if {
	is_object(value)
	namespace != ""
	_scalar_text(_get(value, ["kind"])) != "Namespace"
	_scalar_text(_get(value, ["metadata", "namespace"])) == ""
} else := value

# What comes to review is of a group that has its kind.
_meant_group(group, kind) := _present_group(group, kind)

_is_reviewed(resource) := ([1 |
	some reviewed in _reviewed
	_kind(reviewed) == _kind(resource)
	_name(reviewed) == _name(resource)
	_namespace(reviewed) == _namespace(resource)
] != [])

# What the cluster has of the kinds that the rule reads. The object under review counts as it is to be, not as
# it was, and an object that is synced in several versions counts once.
_inventory := [resource |
	some kind in _kinds_read
	some value in array.concat(_inventory_of_namespaces(kind), _inventory_of_cluster(kind))
	resource := _resource(value)
	_is_reviewed(resource) == false
]

_inventory_of_namespaces(kind) := [value |
	some versions in _map(data.inventory.namespace)
	some version, kinds in versions
	some name, value in _map(_get(kinds, [kind]))
	_has_later_version(versions, version, kind, name) == false
]

_inventory_of_cluster(kind) := [value |
	some version, kinds in _map(data.inventory.cluster)
	some name, value in _map(_get(kinds, [kind]))
	_has_later_version(data.inventory.cluster, version, kind, name) == false
]

_has_later_version(versions, version, kind, name) := ([1 |
	some other, kinds in versions
	other > version
	_group_of_version(other) == _group_of_version(version)
	_get(kinds, [kind, name]) != null
] != [])

_of_kinds_reviewed(kinds) := [resource | some resource in _reviewed; _is_kind(resource, kinds)]

# The namespace that is under review, or the one that the object under review lives in.
_namespaces_reviewed := array.concat(
	[{"name": _name(resource), "resource": resource} | some resource in _reviewed; _kind(resource) == "/Namespace"],
	[{"name": _namespace(resource), "resource": resource} | some resource in _reviewed; _namespace(resource) != ""],
)
