# Comparisons fail where a value is absent.
_equal(a, b) := a == b if {
	a != null
	b != null
} else := false

_differs(a, b) := a != b if {
	a != null
	b != null
} else := false

_less(a, b) := a < b if {
	a != null
	b != null
} else := false

_less_or_equal(a, b) := a <= b if {
	a != null
	b != null
} else := false

# Whole numbers.
_add(a, b) := _limited(_limited(a) + _limited(b)) if {
	is_number(a)
	is_number(b)
} else := null

_subtract(a, b) := _limited(_limited(a) - _limited(b)) if {
	is_number(a)
	is_number(b)
} else := null

_multiply(a, b) := _limited(_limited(a) * _limited(b)) if {
	is_number(a)
	is_number(b)
} else := null

# Whole numbers stop at the ends of 64 bits, behind which engines differ.
_limited(number) := 9223372036854775807 if {
	number > 9223372036854775807
} else := -9223372036854775807 - 1 if {
	number < -9223372036854775807
} else := number

_divide(a, b) := (a - (a % b)) / b if is_number(a) else := null

_sum(numbers) := _limited(sum(numbers)) if {
	[1 | some number in numbers; number == null] == []
} else := null

_flat(lists) := [element | some list in lists; some element in list]

# The first of some paths at which there is something.
_first_path(resource, paths) := _first(array.concat([path | some path in paths; _exists(resource, path)], paths))

_path_or(resource, path, other) := path if _exists(resource, path) else := other

_exists(resource, path) := _get_from(resource.value, array.slice(path, count(resource.path), count(path))) != null

_in(element, list) := element in list if element != null else := false

_placed(elements) := [element | some element in elements; element.value != null]

_all(conditions) := (false in conditions) == false
