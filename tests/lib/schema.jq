# A JSON Schema validator for the keywords that our schemas use; any other is an error,
# so that nothing in a schema is silently not checked.
#
#   jq -r -n --slurpfile schema S --slurpfile doc D -f tests/lib/schema.jq
#
# prints one line for each thing that is wrong with D. S may be several: D is to fit the first, and may
# be several too; a $ref "ID#/..." is into the one of that $id.

def known: ["$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const",
	"required", "properties", "additionalProperties", "items", "minItems", "maxItems", "minLength", "maxLength",
	"minimum", "pattern", "anyOf"];

def is($t; $v):
	if $t == "integer" then ($v | type) == "number" and $v == ($v | floor)
	else ($v | type) == $t end;

def errors($root; $s; $v; $at):
	(($s | keys) - known | .[] | "\($at): the schema uses \(.), which this validator does not know"),
	(if $s["$ref"] then
		($s["$ref"] | split("#/")) as [$id, $path]
		| (if $id == "" then $root else first($schema[] | select(.["$id"] == $id)) end) as $there
		| errors($there; $there | getpath($path | split("/")); $v; $at)
	else empty end),
	(if $s.type and ([$s.type] | flatten | any(is(.; $v)) | not) then
		"\($at): \($v | type) instead of \($s.type | tojson)"
	else empty end),
	(if ($s | has("enum")) and ($s.enum | any(. == $v) | not) then
		"\($at): \($v | tojson) is none of \($s.enum | tojson)"
	else empty end),
	(if ($s | has("const")) and $s.const != $v then "\($at): \($v | tojson) is not \($s.const | tojson)"
	else empty end),
	(if $s.anyOf and ($s.anyOf | any(. as $one | [errors($root; $one; $v; $at)] == []) | not) then
		"\($at): \($v | tojson) fits none of its forms"
	else empty end),
	(if ($v | type) == "string" then
		(if $s.pattern and ($v | test($s.pattern) | not) then "\($at): \($v | tojson) is not like \($s.pattern)"
		else empty end),
		(if $s.minLength and ($v | length) < $s.minLength then "\($at): too short" else empty end),
		(if $s.maxLength and ($v | length) > $s.maxLength then "\($at): too long" else empty end)
	elif ($v | type) == "number" then
		(if ($s | has("minimum")) and $v < $s.minimum then "\($at): \($v) is below \($s.minimum)"
		else empty end)
	elif ($v | type) == "array" then
		(if $s.minItems and ($v | length) < $s.minItems then "\($at): too few" else empty end),
		(if $s.maxItems and ($v | length) > $s.maxItems then "\($at): too many" else empty end),
		(if $s.items then
			range($v | length) as $i | errors($root; $s.items; $v[$i]; "\($at)[\($i)]")
		else empty end)
	elif ($v | type) == "object" then
		(($s.required // [])[] as $k | select($v | has($k) | not) | "\($at): no \($k)"),
		($v | keys[] as $k |
			if $s.properties[$k]? then errors($root; $s.properties[$k]; $v[$k]; "\($at).\($k)")
			elif $s.additionalProperties then
				errors($root; $s.additionalProperties; $v[$k]; "\($at).\($k)")
			else empty end)
	else empty end);

# What a schema cannot say.
def sums:
	. as $d
	| (if $d.fates.sent != null and
		$d.fates.sent != $d.fates.answered + $d.fates.unknown + ([$d.fates.lost[].count] | add // 0)
	  then "fates: answered + unknown + lost is not sent" else empty end),
	  ($d.checks[] | select(.caused_by) | .caused_by as $c
		| select([$d.checks[] | select(.id == $c and .state == "FAIL")] == [])
		| "\(.id): caused_by \($c), which did not fail"),
	  ($d.verdict.candidates[] | .cause as $c | .evidence[] as $id
		| select([$d.checks[] | select(.id == $id)] == [])
		| "verdict: \($id) is no row, and evidence of \($c)"),
	  (if $d.verdict.cause and $d.verdict.candidates == [] then "verdict: a cause without a candidate" else empty end),
	  ($d.checks[] | select(.state == "FAIL" and .evidence == {}) | "\(.id): FAIL without evidence");

# Of a run's lines: each of its kind, in their order, and no more fates than probes.
def lines:
	[.[].type] as $types
	| (if $types[0] != "start" then "the first line is no start" else empty end),
	  (if $types[-1] != "end" then "the last line is no end" else empty end),
	  (if ($types | map(select(. == "start" or . == "end" or . == "verdict")) | sort) != ["end", "start", "verdict"]
	  then "not one start, verdict and end" else empty end),
	  (map(select(.type == "probe").probe) as $sent | map(select(.type == "fate").probe) as $ended
		| (if $sent != [range($sent | length)] then "the probes are not counted from 0" else empty end),
		  (if ($ended | unique | length) != ($ended | length) or ($ended - $sent) != []
		  then "fates are not of one probe each" else empty end),
		  # Where no probe was followed to its end, the end has the sums of the pings.
		  (if $ended != [] and .[-1].fates.sent != ($ended | length)
		  then "the end counts other fates" else empty end)),
	  (.[] | $schema[0]["$defs"][.type] as $of
		| if $of then errors($schema[0]; $of; .; .type) else "\(.type): no such type" end);

if $schema[0]["$id"] == "wgdiag.events-1.schema.json" then
	$doc | lines, (.[] | errors($schema[0]; $schema[0]; .; "$"))
else $doc[] | (errors($schema[0]; $schema[0]; .; "$"), sums) end
