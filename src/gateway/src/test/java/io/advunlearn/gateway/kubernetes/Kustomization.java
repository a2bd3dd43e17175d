package io.advunlearn.gateway.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Renders a kustomization where kustomize is not installed: resources, components, generated ConfigMaps and JSON patches, which
 * is all that {@code k8s} uses. Whatever else a file says is an error, never left out in silence.
 */
final class Kustomization {

    private static final Set<String> KEYS = Set.of("apiVersion", "kind", "resources", "components", "configMapGenerator", "patches");

    private final List<ObjectNode> resources = new ArrayList<>();
    private final Set<String> generated = new HashSet<>();

    private Kustomization() {
    }

    /**
     * Does what {@code kustomize build} does.
     *
     * @param directory holds {@code kustomization.yaml}
     * @throws IllegalArgumentException if the file uses a feature that is not known here or does not fit its resources
     */
    static List<ObjectNode> build(Path directory) {
        Kustomization result = new Kustomization();
        result.apply(directory.normalize(), "Kustomization");
        result.nameByContent();
        return result.resources;
    }

    /** In kustomize's order: what a component or a patch sees depends on it. */
    private void apply(Path directory, String kind) {
        JsonNode file = Manifests.read(directory.resolve("kustomization.yaml")).get(0);
        file.fieldNames().forEachRemaining(key -> require(KEYS.contains(key), directory + ": unknown field " + key));
        require(file.path("kind").asText().equals(kind), directory + ": kind is not " + kind);
        file.path("resources").forEach(entry -> addResources(directory.resolve(entry.asText()).normalize()));
        file.path("components").forEach(entry -> apply(directory.resolve(entry.asText()).normalize(), "Component"));
        file.path("configMapGenerator").forEach(entry -> generate(directory, entry));
        file.path("patches").forEach(entry -> patch(directory, entry));
    }

    private void addResources(Path path) {
        if (Files.isDirectory(path)) {
            Kustomization base = new Kustomization();
            base.apply(path, "Kustomization");
            base.resources.forEach(this::add);
            generated.addAll(base.generated);
        } else {
            Manifests.read(path).forEach(resource -> add((ObjectNode) resource));
        }
    }

    private void add(ObjectNode resource) {
        String id = Manifests.id(resource);
        require(resources.stream().noneMatch(other -> Manifests.id(other).equals(id)), id + " occurs twice");
        resources.add(resource);
    }

    private void generate(Path directory, JsonNode generator) {
        onlyFields(generator, Set.of("name", "behavior", "literals", "files", "options"));
        String name = generator.path("name").asText();
        Map<String, String> literals = new TreeMap<>();
        for (JsonNode literal : generator.path("literals")) {
            String[] parts = literal.asText().split("=", 2);
            require(parts.length == 2 && literals.put(parts[0], parts[1]) == null, name + ": not a new KEY=value: " + literal);
        }
        for (JsonNode file : generator.path("files")) {
            String[] parts = file.asText().split("=", 2);
            require(parts.length == 2 && literals.put(parts[0], read(directory.resolve(parts[1]))) == null, name + ": not a new KEY=file: " + file);
        }
        switch (generator.path("behavior").asText("create")) {
            case "create" -> create(name);
            case "replace" -> ((ObjectNode) configMap(name)).putObject("data");
            case "merge" -> { }
            default -> throw new IllegalArgumentException(name + ": behavior is create, replace or merge");
        }
        literals.forEach(((ObjectNode) configMap(name).path("data"))::put);
        apply(name, generator.path("options"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void apply(String name, JsonNode options) {
        onlyFields(options, Set.of("disableNameSuffixHash", "labels"));
        if (options.path("disableNameSuffixHash").asBoolean()) {
            generated.remove(name);
        }
        if (options.has("labels")) {
            ((ObjectNode) configMap(name).path("metadata")).set("labels", options.path("labels"));
        }
    }

    private void create(String name) {
        ObjectNode map = (ObjectNode) Manifests.parse("{apiVersion: v1, kind: ConfigMap, metadata: {}, data: {}}").get(0);
        ((ObjectNode) map.path("metadata")).put("name", name);
        add(map);
        generated.add(name);
    }

    private JsonNode configMap(String name) {
        return matching("ConfigMap", name).get(0);
    }

    private void patch(Path directory, JsonNode entry) {
        onlyFields(entry, Set.of("target", "patch", "path"));
        JsonNode target = entry.path("target");
        onlyFields(target, Set.of("kind", "name"));
        require(entry.has("patch") != entry.has("path"), directory + ": a patch has either patch or path");
        JsonNode operations = entry.has("patch") ? Manifests.parse(entry.path("patch").asText()).get(0)
                : Manifests.read(directory.resolve(entry.path("path").asText())).get(0);
        for (ObjectNode resource : matching(target.path("kind").asText(), target.path("name").asText())) {
            resources.set(resources.indexOf(resource), (ObjectNode) JsonPatch.apply(operations, resource));
        }
    }

    private List<ObjectNode> matching(String kind, String name) {
        List<ObjectNode> found = resources.stream().filter(resource -> Manifests.id(resource).equals(kind + "/" + name)).toList();
        require(!found.isEmpty(), "no " + kind + "/" + name);
        return found;
    }

    /** Generated ConfigMaps get a digest of their content at the end of their names, wherever these occur. */
    private void nameByContent() {
        for (String name : generated) {
            JsonNode map = configMap(name);
            String unique = name + "-" + digest(map.path("data"));
            ((ObjectNode) map.path("metadata")).put("name", unique);
            for (ObjectNode resource : resources) {
                resource.findValues("configMapRef").stream().filter(reference -> reference.path("name").asText().equals(name))
                        .forEach(reference -> ((ObjectNode) reference).put("name", unique));
            }
        }
    }

    /**
     * The first ten digits of a SHA-256, with 0, 1, 3, a and e replaced so that no digest spells a word. kustomize leaves the name out of
     * it, and so do we.
     */
    private static String digest(JsonNode data) {
        Map<String, String> sorted = new TreeMap<>();
        data.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue().asText()));
        ObjectNode content = (ObjectNode) Manifests.parse("{data: {}, kind: ConfigMap, name: ''}").get(0);
        sorted.forEach(((ObjectNode) content.path("data"))::put);
        try {
            byte[] sha = MessageDigest.getInstance("SHA-256").digest(content.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha).substring(0, 10)
                    .replace('0', 'g').replace('1', 'h').replace('3', 'k').replace('a', 'm').replace('e', 't');
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void onlyFields(JsonNode node, Set<String> known) {
        node.fieldNames().forEachRemaining(field -> require(known.contains(field), "unknown field " + field + " in " + node));
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
