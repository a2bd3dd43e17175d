package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Every overlay renders and follows the Kubernetes API. */
class ManifestsTest {

    private static final List<String> OVERLAYS = Manifests.OVERLAYS;

    @Test
    void everyOverlayIsTested() throws IOException {
        try (Stream<Path> directories = Files.list(Manifests.ROOT.resolve("overlays"))) {
            assertThat(directories.map(directory -> directory.getFileName().toString())).containsExactlyInAnyOrderElementsOf(OVERLAYS);
        }
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void followsTheKubernetesApi(String overlay) {
        assertThat(Kustomization.build(overlay(overlay))).hasSize(7).allSatisfy(KubernetesApi::validate);
    }

    @ParameterizedTest
    @CsvSource({"model-claim", "replicated", "postgresql", "djl-serving", "cpu", "gpu"})
    void everyComponentFitsTheBase(String component, @TempDir Path directory) throws IOException {
        Path only = copy(directory).resolve("overlays/only");
        Files.createDirectories(only);
        Files.writeString(only.resolve("kustomization.yaml"), "{kind: Kustomization, resources: [../../base], components: [../../components/"
                + component + "]}");
        List<ObjectNode> rendered = Kustomization.build(only);
        assertThat(rendered).hasSize(7).allSatisfy(KubernetesApi::validate);
        assertThat(Manifests.byId(rendered)).isNotEqualTo(Manifests.byId(Kustomization.build(Manifests.ROOT.resolve("base"))));
    }

    @Test
    void aWrongFieldInAManifestFails(@TempDir Path directory) throws IOException {
        Path copy = copy(directory);
        Path deployment = copy.resolve("base/deployment.yaml");
        Files.writeString(deployment, Files.readString(deployment).replace("readinessProbe:", "readynessProbe:"));
        List<ObjectNode> rendered = Kustomization.build(copy.resolve("overlays/cpu"));
        assertThatThrownBy(() -> rendered.forEach(KubernetesApi::validate)).hasMessageContaining("readynessProbe");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "/spec/replica                                        | 1                    | replica",
        "/spec/replicas                                       | '1'                  | replicas",
        "/spec/replicas                                       | one                  | one",
        "/spec/selector                                       | null                 | selector",
        "/spec/template/spec/containers/0/name                | null                 | name",
        "/spec/template/spec/containers/0/args                | serve                | args",
        "/spec/template/spec/containers/0/env/0/value         | 4                    | value",
        "/spec/template/spec/containers/0/ports/0/port        | 8080                 | port",
        "/spec/template/spec/containers/0/resources/limits/cpu | 4 cores             | cor",
        "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem | 'yes' | readOnlyRootFilesystem",
        "/spec/template/spec/volumes/0/emptyDirectory         | {}                   | emptyDirectory",
        "/apiVersion                                          | extensions/v1beta1   | extensions/v1beta1",
    }, quoteCharacter = '"')
    void aWrongFieldFails(String pointer, String value, String named) {
        JsonNode deployment = Manifests.only(Kustomization.build(overlay("cpu")), "Deployment");
        String operation = value.equals("null") ? "{op: remove, path: " + pointer + "}" : "{op: add, path: " + pointer + ", value: " + value + "}";
        JsonNode wrong = JsonPatch.apply(Manifests.parse("[" + operation + "]").get(0), deployment);
        assertThatThrownBy(() -> KubernetesApi.validate(wrong)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(named);
    }

    static Path overlay(String name) {
        return Manifests.ROOT.resolve("overlays").resolve(name);
    }

    /** A copy of {@code k8s} that a test may change. */
    static Path copy(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(Manifests.ROOT)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path to = directory.resolve(Manifests.ROOT.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        }
        return directory;
    }
}
