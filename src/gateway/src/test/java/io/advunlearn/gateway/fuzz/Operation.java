package io.advunlearn.gateway.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * Something that can be asked of the gateway.
 *
 * @param admin whether on the admin port
 * @param method of HTTP
 * @param path with its parameters in braces
 * @param fields of the body by name, with their types; empty without a body
 */
record Operation(boolean admin, String method, String path, Map<String, String> fields) {

    private static final String ADMIN_PREFIX = "/admin/";

    /** Those of a document in OpenAPI's form. */
    static List<Operation> read(String resource) throws IOException {
        List<Operation> operations = new ArrayList<>();
        try (InputStream document = Operation.class.getResourceAsStream(resource)) {
            Map<String, Object> root = new Yaml().load(document);
            map(root.get("paths")).forEach((path, methods) -> map(methods).forEach((method, operation) ->
                    operations.add(new Operation(path.startsWith(ADMIN_PREFIX), method.toUpperCase(), path, fields(map(operation))))));
        }
        return operations;
    }

    private static Map<String, String> fields(Map<String, Object> operation) {
        Map<String, String> fields = new LinkedHashMap<>();
        Object at = operation;
        for (String step : List.of("requestBody", "content", "application/json", "schema", "properties")) {
            at = map(at).get(step);
            if (at == null) {
                return fields;
            }
        }
        map(at).forEach((name, schema) -> fields.put(name, String.valueOf(map(schema).get("type"))));
        return fields;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }
}
