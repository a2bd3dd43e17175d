package io.advunlearn.gateway.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Something that can be asked of the gateway.
 *
 * @param admin whether on the admin port
 * @param method of HTTP
 * @param path with its parameters in braces
 * @param query names of the query's parameters
 * @param fields of the body by name; empty without a body
 * @param example a body, missing if the document has none
 * @param failures the 5xx that the document tells of
 */
record Operation(boolean admin, String method, String path, List<String> query, Map<String, Field> fields, JsonNode example, Set<Integer> failures) {

    private static final String ADMIN_PREFIX = "/admin/";
    private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");

    /**
     * A member of a body.
     *
     * @param type of JSON
     * @param choices if only some values are accepted
     */
    record Field(String type, List<String> choices) { }

    /** One that no document describes. */
    static Operation undescribed(String method, String path, String... query) {
        return new Operation(path.startsWith(ADMIN_PREFIX), method, path, List.of(query), Map.of(), MissingNode.getInstance(), Set.of());
    }

    /** Those of a document in OpenAPI's form. */
    static List<Operation> read(JsonNode document) {
        List<Operation> operations = new ArrayList<>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().stream().filter(entry -> METHODS.contains(entry.getKey()))
                .forEach(entry -> operations.add(of(document, entry.getKey(), path.getKey(), path.getValue(), entry.getValue()))));
        return operations;
    }

    private static Operation of(JsonNode document, String method, String path, JsonNode shared, JsonNode operation) {
        List<String> query = new ArrayList<>();
        for (JsonNode parameters : List.of(shared.path("parameters"), operation.path("parameters"))) {
            parameters.forEach(parameter -> {
                if (resolved(document, parameter).path("in").asText().equals("query")) {
                    query.add(resolved(document, parameter).path("name").asText());
                }
            });
        }
        JsonNode body = resolved(document, operation.path("requestBody")).at("/content/application~1json");
        Map<String, Field> fields = new LinkedHashMap<>();
        resolved(document, body.path("schema")).path("properties").properties()
                .forEach(field -> fields.put(field.getKey(), field(resolved(document, field.getValue()))));
        Set<Integer> failures = new TreeSet<>();
        operation.path("responses").properties().stream().map(Map.Entry::getKey).filter(status -> status.startsWith("5"))
                .forEach(status -> failures.add(Integer.parseInt(status)));
        return new Operation(path.startsWith(ADMIN_PREFIX), method.toUpperCase(Locale.ROOT), path, query, fields, body.path("example"), failures);
    }

    private static JsonNode resolved(JsonNode document, JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
    }

    private static Field field(JsonNode schema) {
        List<String> choices = new ArrayList<>();
        schema.path("enum").forEach(choice -> choices.add(choice.asText()));
        JsonNode type = schema.path("type");
        return new Field(type.isArray() ? type.path(0).asText() : type.asText(), choices);
    }
}
