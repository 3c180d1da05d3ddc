# Faults of manifests: values of another type than the API's, and missing ones that it requires. `root` is
# the path of what is judged, `trail` the steps from there.
_expect(parent, root, trail, key, expected, required) := [_missing(root, array.concat(trail, [key]))] if {
	is_object(parent)
	_get(parent, [key]) == null
	required
} else := _check(_get(parent, [key]), root, array.concat(trail, [key]), expected, required) if {
	is_object(parent)
	_get(parent, [key]) != null
} else := []

_check(value, root, trail, expected, required) := [] if {
	value == null
	expected[0] in {"struct", "map"}
} else := [_ill_typed(value, root, trail, expected[0])] if {
	_conforms(value, expected[0]) == false
} else := [_empty(root, trail)] if {
	expected[0] == "list"
	required
	value == []
} else := [_ill_typed(element, root, array.concat(trail, [key]), expected[1]) |
	some key, element in value
	_skips(expected[0], element) == false
	_conforms(element, expected[1]) == false
] if {
	count(expected) == 2
} else := []

_skips(container, element) := element == null if container == "map" else := false

_conforms(value, expected) := _whole(value) != null if {
	expected == "whole"
} else := _quantity(value) != null if {
	expected == "quantity"
} else := true if {
	is_string(value)
	expected == "whole or string"
} else := _whole(value) != null if {
	expected == "whole or string"
} else := true if {
	expected == "any"
} else := _json_type(value) == _json_types[expected]

_json_types := {"boolean": "boolean", "number": "number", "string": "string", "list": "list", "struct": "object", "map": "object"}

_json_type(value) := {"array": "list"}[type_name(value)] if is_array(value) else := type_name(value)

_missing(root, trail) := {
	"fault": "missing",
	"path": array.concat(root, trail),
	"msg": concat("", ["missing field: `", _trail(trail), "` is not set, and the rule reads it"]),
}

_empty(root, trail) := {
	"fault": "empty",
	"path": array.concat(root, trail),
	"msg": concat("", ["missing field: `", _trail(trail), "` is empty, but the API requires an element"]),
}

_ill_typed(value, root, trail, expected) := {
	"fault": "ill-typed",
	"path": array.concat(root, trail),
	"msg": concat("", ["ill-typed field: `", _trail(trail), "` is ", _found(value, expected)]),
}

_trail(steps) := trim_prefix(concat("", [_trail_step(step) | some step in steps]), ".")

_trail_step(step) := concat("", [".", step]) if is_string(step) else := concat("", ["[", format_int(step, 10), "]"])

_found(value, expected) := concat("", ["`", value, "`, which is no quantity"]) if {
	is_string(value)
	expected == "quantity"
} else := concat("", ["`", _print_scalar(value), "`, more than a whole number of 64 bits holds"]) if {
	is_number(value)
	expected in {"whole", "whole or string"}
	_is_long(value)
} else := concat("", ["`", _print_scalar(value), "`, not a whole number"]) if {
	is_number(value)
	expected == "whole"
} else := concat("", [_articles[_json_type(value)], ", not ", _descriptions[expected]])

_articles := {"null": "null", "boolean": "a boolean", "number": "a number", "string": "a string", "list": "a list", "object": "an object"}

_descriptions := {
	"boolean": "a boolean",
	"whole": "a whole number",
	"number": "a number",
	"string": "a string",
	"quantity": "a quantity",
	"whole or string": "a whole number or a string",
	"list": "a list",
	"struct": "an object",
	"map": "an object",
}

_pod_faults(resource, pod, required) := [] if {
	is_object(pod.value)
} else := [] if {
	_written_template(resource, pod) == null
	required == false
} else := [_missing(resource.path, array.slice(pod.path, count(resource.path), count(pod.path)))] if {
	_written_template(resource, pod) == null
} else := [_misplaced(_ill_typed(_written_template(resource, pod), [], [_last(pod.path)], "struct"), pod.path)]

_written_template(resource, pod) := _get_from(resource.value, array.slice(pod.path, count(resource.path), count(pod.path)))

_misplaced(fault, path) := {"fault": fault.fault, "path": path, "msg": fault.msg}

_fault_help(fault) := "write a value of the type that the API declares: the cluster refuses this one, so the rule can't judge it" if {
	fault.fault == "ill-typed"
} else := "add it: without it the API server refuses the object, or a controller puts in what the rule can't see"
