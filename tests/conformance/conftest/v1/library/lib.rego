package lib.images

split_image(image) := {"registry": parts[0], "rest": rest} if {
	parts := split(image, "/")
	rest := concat("/", array.slice(parts, 1, count(parts)))
}

default is_official(_) := false

is_official(image) if split_image(image).registry == "docker.io"

kinds := {"Deployment", "Pod"}
