package io.advunlearn.gateway.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Requests that no sensible client sends, the same for the same seed. They start from what the document of the API describes, its examples among it. What is
 * valid by chance is cheap: one step, small images, no known concept.
 */
final class RandomRequests {

    /**
     * @param admin whether for the admin port
     * @param key whether it carries the admin key
     * @param truncated whether the client leaves before it has sent all that it announced
     */
    record Request(Operation operation, boolean admin, boolean key, String method, String path, byte[] bytes, boolean truncated) {

        /** For whoever has to find out what went wrong. */
        @Override
        public String toString() {
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return text.length() <= 1500 ? text : text.substring(0, 1500) + "... (" + text.length() + " bytes)";
        }
    }

    private static final Pattern PARAMETER = Pattern.compile("\\{[^}]*}");
    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get");
    private static final List<String> NAMES = List.of("emoji-sd", "base", "nothing", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows",
            "../../../../etc/passwd", "%00", "%0d%0aX-Evil:%201",
            "a".repeat(300), "%E2%98%83", "%c3%28", "%", "%zz", "'%20OR%201=1", "%3Cscript%3E", ";a=b", "?x=y", "#", ".", "..", "%2e", "%F0%9F%98%80",
            "$%7Bjndi:ldap:%2F%2Fx%7D", "CON", "-1");
    private static final List<String> MEDIA_TYPES = List.of("application/json", "application/json; charset=utf-16", "text/plain", "application/xml",
            "multipart/form-data",
            "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "x", "/", "text/plain;q=;;", "");
    private static final List<String> ACCEPTS = List.of("*/*", "application/json", "image/png", "image/jpeg", "image/*", "image/webp", "text/event-stream",
            "text/html", "x", "*/*;q=abc",
            "image/png;q=0", ",,,", "image/jpeg,image/png;q=0.9,*/*;q=0.1");
    private static final List<String> STRINGS = List.of("", " ", "a", "emoji-sd", "base", "zzz", "auto", "png", "jpeg", "webp", "url", "b64_json",
            "standard", "hd", "8x8", "32x32", "40x32", "16x48",
            "100000x8", "99999x99999", "-1x-1", "32X32", "../../../../etc/passwd", "/etc/passwd", "..\\\\..\\\\x", "\\u0000", "\\ud800", "\\udc00\\ud800",
            "\\u202e", "\\t\\n\\r", "<|endoftext|>",
            "<|startoftext|>", "<script>alert(1)</script>", "' OR 1=1 --", "%s%n%x", "{{7*7}}", "${jndi:ldap://x/y}", "\u2603\uFE0F \uD83D\uDE00",
            "\u0301".repeat(80), "\u05D0\u05D1", "NaN", "null",
            "true", "1", "DDIM", "PNDM", "EulerDiscrete", "EulerAncestralDiscrete", "LMSDiscrete", "DPMSolverMultistep", "UniPCMultistep", "LCM",
            "__proto__", "object", "advunlearn", "kv");
    private static final List<String> NUMBERS = List.of("0", "1", "2", "3", "10", "-1", "-0", "1.5", "1.0", "1e0", "20", "20.000001", "0.9999999", "1e400",
            "-1e400", "1e-400", "2147483648",
            "9007199254740990", "9007199254740991", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
            "7" + "0".repeat(1500), "0." + "1".repeat(1500));
    private static final List<String> BROKEN = List.of("NaN", "Infinity", "01", "+1", ".5", "1.", "'x'", "undefined", "\"\u0001\"", "\"\\x\"", "\"\\u12\"",
            "\"", "{", "[", ",", "// x", "0x10", "tru");
    private static final List<String> TYPES = List.of("string", "integer", "boolean", "array", "object", "null", "broken", "deep");
    private static final int PART = 60_000;

    /** Members of examples that would make the server work for minutes. */
    private static final Set<String> COSTLY = Set.of("concept", "concepts", "num_inference_steps", "size", "n");

    private final List<Operation> operations;
    private final List<String> known;
    private final Random random;

    /** @param known names of what is there: a model, an encoder, jobs */
    RandomRequests(List<Operation> operations, List<String> known, long seed) {
        this.operations = operations;
        this.known = known;
        random = new Random(seed);
    }

    Request next() {
        Operation operation = oneOf(operations);
        boolean admin = chance(0.03) != operation.admin();
        boolean key = admin && chance(0.75);
        String method = chance(0.1) ? oneOf(METHODS) : operation.method();
        String path = path(operation);
        byte[] body = body(operation);
        boolean truncated = body.length > 0 && chance(0.02);
        return new Request(operation, admin, key, method, path, request(method, path, key, body, truncated), truncated);
    }

    private byte[] request(String method, String path, boolean key, byte[] body, boolean truncated) {
        StringBuilder head = new StringBuilder(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        if (key) {
            head.append("X-API-Key: the-key-of-the-tests\r\n");
        } else if (chance(0.3)) {
            head.append("X-API-Key: ").append(oneOf(List.of("", "x", "the-key-of-the-test", "the-key-of-the-tests2", "\u00e9"))).append("\r\n");
        }
        head.append("Content-Type: ").append(chance(0.7) ? "application/json" : oneOf(MEDIA_TYPES)).append("\r\n");
        if (chance(0.5)) {
            head.append("Accept: ").append(oneOf(ACCEPTS)).append("\r\n");
        }
        if (chance(0.05)) {
            head.append("Last-Event-ID: ").append(oneOf(NUMBERS)).append("\r\n");
        }
        if (body.length > 0 || chance(0.5)) {
            head.append("Content-Length: ").append(body.length + (truncated ? 1000 : 0)).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = new byte[start.length + body.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        return all;
    }

    private String path(Operation operation) {
        Matcher parameter = PARAMETER.matcher(operation.path());
        String path = parameter.replaceAll(found -> Matcher.quoteReplacement(oneOf(chance(0.4) ? known : NAMES))) + query(operation);
        if (chance(0.05)) {
            path += oneOf(List.of("/", "//", "/..", "/../../..", "?a=b", "?%zz", "?label=%", "?" + "x".repeat(500), "/%2e%2e/", ";x"));
        }
        return chance(0.02) ? "/" + oneOf(NAMES) : path.replace(' ', '+');
    }

    private String query(Operation operation) {
        return operation.query().stream().filter(name -> chance(0.7))
                .map(name -> name + "=" + oneOf(chance(0.5) ? NAMES : List.of("0", "1", "-1", "stage=golden", "9223372036854775808", "", "%zz", "%")))
                .collect(Collectors.joining("&", "?", "")).replaceAll("^\\?$", "");
    }

    private byte[] body(Operation operation) {
        if (operation.fields().isEmpty() && chance(0.8)) {
            return new byte[0];
        }
        if (chance(0.1)) {
            return garbage();
        }
        Map<String, String> fields = base(operation);
        int mutations = 1 + random.nextInt(3);
        for (int i = 0; i < mutations; i++) {
            mutate(fields, operation);
        }
        String json = fields.entrySet().stream().map(field -> "\"" + field.getKey() + "\":" + field.getValue()).collect(Collectors.joining(",", "{", "}"));
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        if (chance(0.05)) {
            return json.substring(0, random.nextInt(json.length())).getBytes(StandardCharsets.UTF_8);
        }
        if (chance(0.03)) {
            body[random.nextInt(body.length)] = (byte) (0x80 + random.nextInt(0x80));
        }
        return body;
    }

    private Map<String, String> base(Operation operation) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (chance(0.5)) {
            operation.example().properties().stream().filter(field -> !COSTLY.contains(field.getKey()))
                    .forEach(field -> fields.put(field.getKey(), field.getValue().toString()));
        }
        if (operation.fields().containsKey("prompt")) {
            fields.putAll(Map.of("prompt", "\"a dog\"", "size", "\"32x32\"", "num_inference_steps", "1", "seed", "1"));
        }
        return fields;
    }

    private void mutate(Map<String, String> fields, Operation operation) {
        if (operation.fields().isEmpty() || chance(0.1)) {
            fields.put(oneOf(List.of("", "x", "encoder", "__proto__", "prompt_embeds", "\\u0000", "a".repeat(400))), value("string"));
            return;
        }
        String name = oneOf(List.copyOf(operation.fields().keySet()));
        Operation.Field field = operation.fields().get(name);
        String value = !field.choices().isEmpty() && chance(0.5) ? "\"" + oneOf(field.choices()) + "\"" : value(chance(0.6) ? field.type() : oneOf(TYPES));
        // an image that is drawn after all is drawn in a step or a few
        if (!name.equals("num_inference_steps") || !value.matches("[1-9][0-9]+")) {
            fields.put(name, value);
        }
    }

    private String value(String type) {
        return switch (type) {
            case "string" -> "\"" + (chance(0.03) ? "a ".repeat(random.nextInt(3000)) : oneOf(chance(0.1) ? known : STRINGS)) + "\"";
            case "integer", "number" -> oneOf(NUMBERS);
            case "boolean" -> oneOf(List.of("true", "false"));
            case "array" -> oneOf(List.of("[]", "[null]", "[\"zzz\"]", "[1,\"a\",{}]", "[[[]]]", "[{\"concept\":\"zzz\"}]", "[{\"concept\":3}]"));
            case "object" -> oneOf(List.of("{}", "{\"iterations\":-1}", "{\"x\":null}", "{\"steps\":1e400}", "{\"\":{}}", "{\"pairs\":\"1\",\"pairs\":2}"));
            case "broken" -> oneOf(BROKEN);
            case "deep" -> deep(oneOf(List.of(50, 999, 1001, 20_000)));
            default -> "null";
        };
    }

    private String deep(int levels) {
        return chance(0.5) ? "[".repeat(levels) + "]".repeat(levels) : "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private byte[] garbage() {
        return switch (random.nextInt(6)) {
            case 0 -> new byte[0];
            case 1 -> oneOf(BROKEN).getBytes(StandardCharsets.UTF_8);
            case 2 -> bytes(1 + random.nextInt(200));
            case 3 -> deep(oneOf(List.of(500, 5000))).getBytes(StandardCharsets.UTF_8);
            case 4 -> ("{\"prompt\":\"" + "x".repeat(PART + random.nextInt(2 * PART)) + "\"}").getBytes(StandardCharsets.UTF_8);
            default -> "--x\r\nContent-Disposition: form-data; name=\"prompt\"; filename=\"../../x\"\r\n\r\na\r\n--x--".getBytes(StandardCharsets.UTF_8);
        };
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
