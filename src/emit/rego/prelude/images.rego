# Images, taken apart as container runtimes do.
_image_name(image) := split(image, "@")[0]

_image_digest(image) := concat("@", array.slice(split(image, "@"), 1, count(split(image, "@")))) if {
	is_string(image)
	contains(image, "@")
} else := null

_image_tag(image) := concat(":", array.slice(parts, 1, count(parts))) if {
	is_string(image)
	parts := split(_last(split(_image_name(image), "/")), ":")
	count(parts) > 1
} else := null

_last(parts) := parts[count(parts) - 1]

_untagged(image) := trim_suffix(_image_name(image), concat("", [":", _image_tag(image)])) if {
	is_string(_image_tag(image))
} else := _image_name(image)

_has_registry(image) := true if {
	contains(_untagged(image), "/")
	regex.match(`^[^/]*[.:]|^localhost/`, _untagged(image))
} else := false

_image_registry(image) := null if {
	is_string(image) == false
} else := "docker.io" if {
	regex.match(`^(index|registry-1)\.docker\.io/`, _untagged(image))
} else := split(_untagged(image), "/")[0] if {
	_has_registry(image)
} else := "docker.io"

_image_path(image) := concat("/", array.slice(split(_untagged(image), "/"), 1, count(split(_untagged(image), "/")))) if {
	_has_registry(image)
} else := _untagged(image)

_image_repository(image) := null if {
	is_string(image) == false
} else := concat("/", ["library", _image_path(image)]) if {
	_image_registry(image) == "docker.io"
	regex.match(`^[^/]+$`, _image_path(image))
} else := _image_path(image)

# `--name=value`, `--name value`, and `--name` alone, which means `true`. Of a flag given twice the last counts.
_flags(container) := {name: value |
	words := _words(container)
	some index, word in words
	startswith(word, "--")
	word != "--"
	name := _flag_name(word)
	[1 | some later, other in words; later > index; startswith(other, "--"); _flag_name(other) == name] == []
	value := _flag_value(word, _element(words, index + 1))
}

_words(container) := [word |
	some field in ["command", "args"]
	some word in _list(_get(container, [field]))
	is_string(word)
]

_flag_name(word) := split(trim_prefix(word, "--"), "=")[0]

_flag_value(word, following) := concat("=", array.slice(split(word, "="), 1, count(split(word, "=")))) if {
	contains(word, "=")
} else := following if {
	is_string(following)
	startswith(following, "-") == false
} else := "true"
