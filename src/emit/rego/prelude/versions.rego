# Versions by Semantic Versioning 2.0.
_semver(a, b) := _order(_version(a), _version(b)) if {
	is_array(_version(a))
	is_array(_version(b))
} else := null

_version(text) := _version_of(regex.find_all_string_submatch_n(`^v?([0-9]{1,20})(?:\.([0-9]{1,20}))?(?:\.([0-9]{1,20}))?(?:-([^.]+(?:\.[^.]+)*))?$`, split(text, "+")[0], 1)) if {
	is_string(text)
} else := null

# Numbers, then 1 without a pre-release or 0 with one, then the pre-release's parts: numbers before texts.
_version_of(found) := null if {
	count(found) == 0
} else := [_number(found[0][1]), _number(found[0][2]), _number(found[0][3]), 1, []] if {
	found[0][4] == ""
} else := [_number(found[0][1]), _number(found[0][2]), _number(found[0][3]), 0, [_version_part(part) | some part in split(found[0][4], ".")]]

_version_part(part) := [0, _number(part)] if regex.match(`^[0-9]+$`, part) else := [1, part]

_order(a, b) := -1 if {
	a < b
} else := 1 if {
	a > b
} else := 0

# Ranges of addresses, as lists of 16-bit groups.
_cidr_contains(range, inner) := true if {
	is_array(_cidr(range))
	is_array(_cidr(inner))
	count(_cidr(range)[0]) == count(_cidr(inner)[0])
	_cidr(range)[1] <= _cidr(inner)[1]
	_network(_cidr(range)[0], _cidr(range)[1]) == _network(_cidr(inner)[0], _cidr(range)[1])
} else := false

_cidr(text) := null if {
	is_string(text) == false
} else := _with_length(_address(text), "") if {
	contains(text, "/") == false
} else := _with_length(_address(split(text, "/")[0]), split(text, "/")[1]) if {
	count(split(text, "/")) == 2
	regex.match(`^[0-9]{1,10}$`, split(text, "/")[1])
} else := null

_with_length(groups, length) := null if {
	is_null(groups)
} else := [groups, 16 * count(groups)] if {
	length == ""
} else := [groups, _number(length)] if {
	_number(length) <= 16 * count(groups)
} else := null

_network(groups, length) := [masked |
	some index, group in groups
	masked := group - (group % _host_size(length - (16 * index)))
]

_host_size(bits) := 1 if {
	bits >= 16
} else := 65536 if {
	bits <= 0
} else := [32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2][bits - 1]

_address(text) := _address_of_four(text) if {
	is_array(_address_of_four(text))
} else := _eight_groups([_groups(side) | some side in split(text, "::")]) if {
	regex.match(`^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$`, text)
} else := null

_address_of_four(text) := _address_of_bytes(split(text, ".")) if {
	regex.match(`^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$`, text)
} else := null

_address_of_bytes(bytes) := [(_number(bytes[0]) * 256) + _number(bytes[1]), (_number(bytes[2]) * 256) + _number(bytes[3])]

# The groups that stand on one side of `::`; null if they are none.
_groups(side) := [] if {
	side == ""
} else := [_hexadecimal(group) | some group in split(side, ":")] if {
	regex.match(`^[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*$`, side)
} else := array.concat(
	[_hexadecimal(group) | some group in array.slice(split(side, ":"), 0, count(split(side, ":")) - 1)],
	_address_of_four(_last(split(side, ":"))),
) if {
	regex.match(`^([0-9A-Fa-f]{1,4}:)*[0-9.]+$`, side)
	is_array(_address_of_four(_last(split(side, ":"))))
} else := null

_eight_groups(sides) := sides[0] if {
	count(sides) == 1
	is_array(sides[0])
	count(sides[0]) == 8
} else := array.concat(array.concat(sides[0], [0 | some _ in numbers.range(1, 8 - (count(sides[0]) + count(sides[1])))]), sides[1]) if {
	count(sides) == 2
	is_array(sides[0])
	is_array(sides[1])
	count(sides[0]) + count(sides[1]) < 8
} else := null

_hexadecimal(group) := sum([value |
	some place, digit in split(substring(concat("", ["000", group]), count(group) - 1, 4), "")
	value := indexof("0123456789abcdef", lower(digit)) * [4096, 256, 16, 1][place]
])
