# Parameters as whoever runs the module sets them. What is not set keeps its default; so does what can't be
# read, of which a result tells.
_parameter(name, fallback) := _read_as(_get(_set, [name]), _get(_declared, [name])) if {
	_get(_set, [name]) != null
	_fault_of_parameter(name, _get(_set, [name])) == null
} else := fallback

_faults_of_parameters := ["the parameters are no object"] if {
	is_object(_set) == false
} else := [message |
	some name, value in _map(_set)
	fault := _fault_of_parameter(name, value)
	fault != null
	message := concat("", ["parameter `", name, "` ", fault])
]

_fault_of_parameter(name, value) := "can't be set: the rule declares none of that name that can" if {
	_get(_declared, [name]) == null
} else := concat("", ["is ", json.marshal(value), ", not ", _get(_declared, [name, "description"])]) if {
	_is_readable(_read_as(value, _get(_declared, [name]))) == false
} else := concat("", ["is ", json.marshal(value), ", but allowed is ", _get(_declared, [name, "allowed"])]) if {
	_are_allowed(_read_as(value, _get(_declared, [name])), _get(_declared, [name])) == false
} else := null

_read_as(value, declared) := [_read_one(element, _get(declared, ["of"])) | some element in value] if {
	_get(declared, ["shape"]) == "list"
	is_array(value)
} else := {key: _read_one(element, _get(declared, ["of"])) | some key, element in value} if {
	_get(declared, ["shape"]) == "map"
	is_object(value)
} else := _read_one(value, _get(declared, ["of"])) if {
	_get(declared, ["shape"]) == "one"
} else := null

_read_one(value, type) := _boolean(value) if {
	type == "boolean"
} else := _whole(value) if {
	type == "whole"
} else := _decimal(value) if {
	type == "number"
} else := _string(value) if {
	type == "string"
} else := _quantity(value) if {
	type == "quantity"
} else := null

_is_readable(value) := false if {
	value == null
} else := ([1 | some element in value; element == null] == []) if {
	_is_composite(value)
} else := true

_are_allowed(value, declared) := ([1 | some element in value; _is_allowed(element, declared) == false] == []) if {
	_get(declared, ["shape"]) != "one"
} else := _is_allowed(value, declared)

_is_allowed(value, declared) := value in declared.among if {
	_get(declared, ["among"]) != null
} else := _is_within(value, _get(declared, ["within"])) if {
	_get(declared, ["within"]) != null
} else := true

_is_within(value, range) := true if {
	range[0] <= value
	value <= range[1]
} else := false
