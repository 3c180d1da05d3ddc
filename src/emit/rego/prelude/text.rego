# Text.
_like(text, pattern) := regex.match(concat("", ["(?s)^", concat(".*", [escaped |
	some part in split(pattern, "*")
	escaped := regex.replace(part, `[\\.+?()|\[\]{}^$]`, `\$0`)
]), "$"]), text) if {
	is_string(text)
	is_string(pattern)
} else := false

_matches(text, pattern) := regex.match(pattern, text) if is_string(text) else := false

_starts_with(text, start) := startswith(text, start) if {
	is_string(text)
	is_string(start)
} else := false

_ends_with(text, end) := endswith(text, end) if {
	is_string(text)
	is_string(end)
} else := false

_holds_text(text, part) := contains(text, part) if {
	is_string(text)
	is_string(part)
} else := false

_lower(text) := concat("", [lowered | some letter in split(text, ""); lowered := _lower_letter(letter)]) if {
	is_string(text)
} else := null

_lower_letter(letter) := lower(letter) if regex.match(`^[A-Z]$`, letter) else := letter

_split(text, separator) := [text] if {
	is_string(text)
	separator == ""
} else := split(text, separator) if {
	is_string(text)
	is_string(separator)
} else := []
