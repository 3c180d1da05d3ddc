# Exact numbers are [billions, ones, billionths]: the first has the sign, the others are from 0 to
# 999999999, so that such lists compare as the numbers do. No engine's floating point takes part.
_exact(billions, ones, billionths) := [
	billions + _carry(ones + _carry(billionths)),
	_rest(ones + _carry(billionths)),
	_rest(billionths),
]

_rest(number) := ((number % 1000000000) + 1000000000) % 1000000000

_carry(number) := (number - _rest(number)) / 1000000000

_plus(a, b) := _exact(a[0] + b[0], a[1] + b[1], a[2] + b[2]) if {
	is_array(a)
	is_array(b)
} else := null

_minus(a, b) := _plus(a, _negative(b))

_negative(a) := _exact(0 - a[0], 0 - a[1], 0 - a[2]) if is_array(a) else := null

_magnitude(a) := _negative(a) if a[0] < 0 else := a

_sign(a) := -1 if a[0] < 0 else := 1

_signed(sign, a) := _negative(a) if sign < 0 else := a

# The product, rounded to a billionth, halves away from zero.
_times(a, b) := _signed(_sign(a) * _sign(b), _product(_magnitude(a), _magnitude(b))) if {
	is_array(a)
	is_array(b)
} else := null

_product(a, b) := _exact(
	((a[0] * b[0]) * 1000000000) + ((a[0] * b[1]) + (a[1] * b[0])),
	((a[0] * b[2]) + (a[1] * b[1])) + (a[2] * b[0]),
	((a[1] * b[2]) + (a[2] * b[1])) + _carry((a[2] * b[2]) + 500000000),
)

# A part of a number, divided by a whole number below a billion; rounded as a product is.
_part(a, divisor) := _signed(_sign(a), _quotient(_magnitude(a), divisor)) if is_array(a) else := null

_quotient(a, divisor) := _exact(_whole_part(a[0], divisor), _whole_part(second, divisor), _whole_part((2 * third) + divisor, 2 * divisor)) if {
	second := ((a[0] % divisor) * 1000000000) + a[1]
	third := ((second % divisor) * 1000000000) + a[2]
}

_whole_part(number, divisor) := (number - (number % divisor)) / divisor

_total(numbers) := _exact(
	sum([number[0] | some number in numbers]),
	sum([number[1] | some number in numbers]),
	sum([number[2] | some number in numbers]),
) if {
	[1 | some number in numbers; is_null(number)] == []
} else := null

_of_whole(number) := _exact(0, number, 0) if is_number(number) else := null

# A quantity as Kubernetes reads it: finer than a billionth is rounded away from zero, and with a binary
# suffix it is 2⁶³-1 at most.
_quantity(value) := _quantity_of_text(value) if {
	is_string(value)
} else := _quantity_of_text(json.marshal(value)) if {
	is_number(value)
} else := null

# A share as Kubernetes spells it, in whole percent.
_percent(value) := _scaled(trim_right(value, "%"), "", "e-2") if {
	is_string(value)
	regex.match(`^[0-9]{1,18}%$`, value)
} else := null

_decimal(value) := _quantity_of_text(json.marshal(value)) if is_number(value) else := null

_quantity_of_text(text) := _quantity_of_groups(regex.find_all_string_submatch_n(
	`^([+-]?)([0-9]*)(?:\.([0-9]*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`,
	trim(text, " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"),
	1,
))

_quantity_of_groups(found) := null if {
	count(found) == 0
} else := null if {
	found[0][0] == ""
} else := _with_sign(found[0][1], _scaled(found[0][2], found[0][3], found[0][4])) if {
	concat("", [found[0][2], found[0][3]]) != ""
} else := null if {
	found[0][4] in {"Pi", "Ei"}
} else := null if {
	_exponent(found[0][4]) < -9
} else := [0, 0, 0]

_with_sign(sign, number) := _negative(number) if sign == "-" else := number

_scaled(whole, fraction, suffix) := _at_most(_binary(whole, fraction, _binary_factors[suffix]), [9223372036, 854775807, 0]) if {
	_binary_factors[suffix]
} else := _shifted(concat("", [whole, fraction]), count(whole) + _exponent(suffix))

_at_most(number, limit) := limit if number > limit else := number

_binary_factors := {
	"Ki": [0, 1024, 0],
	"Mi": [0, 1048576, 0],
	"Gi": [1, 73741824, 0],
	"Ti": [1099, 511627776, 0],
	"Pi": [1125899, 906842624, 0],
	"Ei": [1152921504, 606846976, 0],
}

_exponents := {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Ki": 0, "Mi": 0, "Gi": 0, "Ti": 0}

_exponent(suffix) := _exponents[suffix] if {
	_exponents[suffix] <= 18
} else := 0 - _at_most(_number(trim_left(substring(suffix, 1, -1), "-")), 999) if {
	startswith(substring(suffix, 1, -1), "-")
} else := _at_most(_number(trim_left(substring(suffix, 1, -1), "+")), 999)

# The number that digits say; 999 999 999 999 999 999 at most.
_number(digits) := 0 if {
	trim_left(digits, "0") == ""
} else := 999999999999999999 if {
	count(trim_left(digits, "0")) > 18
} else := to_number(trim_left(digits, "0"))

_zeros(amount) := concat("", ["0" | some _ in numbers.range(1, amount)]) if amount > 0 else := ""

# Digits of which the first `point` stand before the decimal point.
_shifted(digits, point) := _of_digits(
	substring(padded, 0, place),
	substring(padded, place, -1),
) if {
	padded := concat("", [_zeros(0 - point), digits, _zeros(point - count(digits))])
	place := max([point, 0])
}

_of_digits(whole, fraction) := _exact(
	_number(substring(whole, 0, max([count(whole) - 9, 0]))),
	_number(substring(whole, max([count(whole) - 9, 0]), -1)),
	_number(substring(concat("", [fraction, "000000000"]), 0, 9)) + _any_left(substring(concat("", [fraction, "000000000"]), 9, -1)),
)

_any_left(digits) := 0 if trim_left(digits, "0") == "" else := 1

# The product of a decimal number and a whole one; digits behind the 18th place only round.
_binary(whole, fraction, factor) := _exact(product[0], product[1], (product[2] + (factor[0] * last)) + _rounded_up((factor[1] * last) + _any_left(substring(padded, 18, -1)))) if {
	padded := concat("", [fraction, "000000000000000000"])
	product := _plus(
		_product(factor, _of_digits(whole, "")),
		_product(factor, [0, 0, _number(substring(padded, 0, 9))]),
	)
	last := _number(substring(padded, 9, 9))
}

_rounded_up(number) := _carry(number + 999999999)
