package io.advunlearn.gateway.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Kubernetes resources as trees. */
final class Manifests {

    /** The folder {@code k8s} of the repository. */
    static final Path ROOT = Path.of(System.getProperty("advunlearn.manifests"));

    /** Every overlay in {@code k8s/overlays}. */
    static final List<String> OVERLAYS = List.of("cpu", "gpu", "replicated", "ha", "djl-serving-cpu", "djl-serving-gpu");

    private static final ObjectMapper JSON = new ObjectMapper();

    private Manifests() {
    }

    static List<JsonNode> read(Path file) {
        try {
            return parse(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The documents of a YAML text; a key that occurs twice is an error. */
    static List<JsonNode> parse(String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        List<JsonNode> documents = new ArrayList<>();
        new Yaml(new SafeConstructor(options)).loadAll(yaml).forEach(document -> documents.add(JSON.valueToTree(document)));
        return documents;
    }

    /** By kind and name, so that two lists can be compared whatever their order. */
    static Map<String, JsonNode> byId(List<? extends JsonNode> resources) {
        Map<String, JsonNode> byId = new TreeMap<>();
        resources.forEach(resource -> byId.put(id(resource), resource));
        return byId;
    }

    static String id(JsonNode resource) {
        return resource.path("kind").asText() + "/" + resource.at("/metadata/name").asText();
    }

    /** The only resource of a kind. */
    static ObjectNode only(List<? extends JsonNode> resources, String kind) {
        List<? extends JsonNode> found = ofKind(resources, kind);
        if (found.size() != 1) {
            throw new IllegalArgumentException(found.size() + " resources of kind " + kind + ", expected one");
        }
        return (ObjectNode) found.get(0);
    }

    static List<JsonNode> ofKind(List<? extends JsonNode> resources, String kind) {
        return resources.stream().filter(resource -> resource.path("kind").asText().equals(kind)).map(JsonNode.class::cast).toList();
    }

    static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }
}
