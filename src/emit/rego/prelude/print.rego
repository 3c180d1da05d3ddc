# How values read in messages.
# Lists and maps that are missing are empty.
_print(value) := "unset" if {
	_is_unset(value)
} else := value if {
	is_string(value)
} else := concat(", ", [_print_below(element) | some element in value]) if {
	is_array(value)
} else := concat(", ", [concat(": ", [key, _print_below(value[key])]) | some key in sort(object.keys(value))]) if {
	is_object(value)
} else := _print_scalar(value)

# Said without `value in [null, [], {}]`: at the object the rule index of OPA 1.17 panics, as in Gatekeeper 3.23.
_is_unset(value) := true if is_null(value) else := count(value) == 0 if is_array(value) else := count(value) == 0 if {
	is_object(value)
} else := false

# Lists and maps are shown down to the second level below a value.
_print_below(value) := concat(", ", [_print_deep(element) | some element in value]) if {
	is_array(value)
} else := concat(", ", [concat(": ", [key, _print_deep(value[key])]) | some key in sort(object.keys(value))]) if {
	is_object(value)
} else := _print_scalar(value)

_print_deep(value) := "…" if {
	is_array(value)
} else := "…" if {
	is_object(value)
} else := _print_scalar(value)

_print_scalar(value) := "unset" if {
	is_null(value)
} else := value if {
	is_string(value)
} else := "more than 1e27" if {
	is_number(value)
	value >= 1000000000000000000000000000
} else := "less than -1e27" if {
	is_number(value)
	value <= -1000000000000000000000000000
} else := _print_number(_decimal(value)) if {
	is_number(value)
} else := json.marshal(value)

_print_resource(resource) := concat("/", [resource.kind, _name(resource)])

_text_or(value, fallback) := value if {
	is_string(value)
	value != ""
} else := fallback

_print_container(container) := _text_or(_get(container, ["name"]), "unnamed container")

_print_number(number) := "unset" if {
	is_null(number)
} else := "more than 1e26" if {
	number > [100000000000000000, 0, 0]
} else := "less than -1e26" if {
	number < [-100000000000000000, 0, 0]
} else := concat("", ["-", _print_magnitude(_negative(number))]) if {
	number[0] < 0
} else := _print_magnitude(number)

_print_magnitude(number) := concat("", [_print_whole(number), _print_fraction(number[2])])

_print_whole(number) := format_int(number[1], 10) if {
	number[0] == 0
} else := concat("", [format_int(number[0], 10), _nine_digits(number[1])])

_print_fraction(billionths) := "" if {
	billionths == 0
} else := concat("", [".", trim_right(_nine_digits(billionths), "0")])

_nine_digits(number) := substring(format_int(1000000000 + number, 10), 1, 9)

_print_cpu(number) := _print_number(number) if {
	_print_number(number) in {"more than 1e26", "less than -1e26"}
} else := _shortest(array.concat(
	[spelling | some spelling in [[_print_number(number), "cpu", true]]; number[2] % 1000 == 0],
	[[_print_number(_times(number, [0, 1000, 0])), "m", false]],
), number)

# Beyond 1000E memory is not divided: OPA would round, fail at the remainder, and lose the finding.
_print_memory(number) := "more than 1000E" if {
	number > [1000000000000, 0, 0]
} else := "less than -1000E" if {
	is_array(number)
	number < [-1000000000000, 0, 0]
} else := _shortest(array.concat([spelling |
	some unit in _memory_units
	some decimals in [0, 1, 2, 3, 4, 5, 6]
	spelling := _spelled(number, unit, decimals)
], [[_print_number(number), "B", true]]), number)

# An amount of which only the manifest says what it measures.
_print_unmeasured(number) := "unset" if {
	is_null(number)
} else := trim_suffix(_print_memory(number), "B") if {
	number[2] == 0
} else := trim_suffix(_print_cpu(number), "cpu")

_memory_units := [
	["Ei", 1152921504606846976],
	["E", 1000000000000000000],
	["Pi", 1125899906842624],
	["P", 1000000000000000],
	["Ti", 1099511627776],
	["T", 1000000000000],
	["Gi", 1073741824],
	["G", 1000000000],
	["Mi", 1048576],
	["M", 1000000],
	["Ki", 1024],
	["k", 1000],
]

_spelled(number, unit, decimals) := [_print_number(_scaled_down(quotient, decimals)), unit[0], false] if {
	is_array(number)
	number[2] == 0
	amount := ((number[0] * 1000000000) + number[1]) * _tens[decimals]
	amount < unit[1] * 10000000000000000000
	amount % unit[1] == 0
	quotient := amount / unit[1]
	_has_as_many(quotient, decimals) == true
}

# Whether fewer decimals would not do. OPA divides longer numbers in floating point.
_has_as_many(quotient, decimals) := true if decimals == 0 else := quotient % 10 != 0

_tens := [1, 10, 100, 1000, 10000, 100000, 1000000]

_scaled_down(quotient, decimals) := _exact(0, _floored(quotient, _tens[decimals]), (quotient - (_floored(quotient, _tens[decimals]) * _tens[decimals])) * _tens[9 - (decimals + 3)] * 1000)

_floored(number, divisor) := (number - (((number % divisor) + divisor) % divisor)) / divisor

# Of all spellings the one that is not below one unit, then the shortest, then the first.
_shortest(spellings, number) := "unset" if {
	is_null(number)
} else := concat("", [best[3], best[4]]) if {
	best := min([[_below_one(spelling, number), count(trim_left(spelling[0], "-")), index, spelling[0], spelling[1]] | some index, spelling in spellings])
}

_below_one(spelling, number) := 1 if {
	startswith(trim_left(spelling[0], "-"), "0.")
} else := 1 if {
	number == [0, 0, 0]
	spelling[2] == false
} else := 0

_print_count(number) := _print_number(number)

_print_share(number) := "unset" if {
	is_null(number)
} else := concat("", [_print_number(_times(number, [0, 100, 0])), "%"])

_print_reference(reference) := concat("/", [reference.kind, reference.name])

_print_numbers(numbers) := "unset" if {
	numbers == []
} else := concat(", ", [_print_number(number) | some number in numbers])
