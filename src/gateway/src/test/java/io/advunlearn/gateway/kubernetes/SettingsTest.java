package io.advunlearn.gateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.quarkus.runtime.shutdown.ShutdownConfig;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway reads what the manifests set, and the manifests agree with what it does. */
class SettingsTest {

    /** Of the registry's store and Quarkus' datasource, which have mappings of their own. */
    private static final Set<String> OF_THE_DATABASE = Set.of("QUARKUS_ADVUNLEARN_REGISTRY_STORE", "QUARKUS_DATASOURCE_JDBC_URL",
            "QUARKUS_DATASOURCE_USERNAME", "QUARKUS_DATASOURCE_PASSWORD");

    /** Read by the C library, OpenMP, Java, DJL and the NVIDIA runtime. */
    private static final Set<String> OF_OTHERS = Set.of("MALLOC_ARENA_MAX", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "PYTORCH_LIBRARY_PATH",
            "PYTORCH_VERSION", "PYTORCH_FLAVOR", "NVIDIA_DRIVER_CAPABILITIES", "JAVA_TOOL_OPTIONS");

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "gpu", "replicated", "ha"})
    void everyVariableIsKnown(String overlay) {
        Map<String, String> variables = variables(overlay);
        Set<String> unknown = new TreeSet<>(variables.keySet());
        unknown.removeAll(OF_OTHERS);
        unknown.removeAll(OF_THE_DATABASE);
        unknown.removeAll(known(variables));
        assertThat(unknown).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"QUARKUS_ADVUNLEARN_REGISTRY_DIRECTORIES", "QUARKUS_ADVUNLEARN_PIPELINES_EMOJI_SD_DEVISE", "QUARKUS_SHUTDOWN_TIME"})
    void aMisspeltVariableIsUnknown(String misspelt) {
        Map<String, String> variables = variables("cpu");
        variables.put(misspelt, "1");
        assertThat(known(variables)).doesNotContain(misspelt);
    }

    @Test
    void settingsPointIntoTheMountedVolumes() {
        AdvUnlearnConfig config = config(new EnvConfigSource(variables("cpu"), 300)).getConfigMapping(AdvUnlearnConfig.class);
        List<String> mounts = Manifests.elements(gateway("cpu").path("volumeMounts")).stream().map(mount -> mount.path("mountPath").asText()).toList();
        assertThat(mounts).contains(config.registryDirectory().toString(), config.djlCacheDirectory().orElseThrow(),
                config.admin().apiKeyFile().orElseThrow().getParent().toString());
        assertThat(config.pipelines()).containsOnlyKeys("emoji-sd");
        assertThat(config.pipelines().get("emoji-sd").modelDirectory()).isEqualTo(Path.of("/models/emoji-sd"));
        assertThat(mounts).contains("/models");
    }

    @Test
    void theGpuOverlayPutsThePipelineOnTheGpu() {
        AdvUnlearnConfig config = config(new EnvConfigSource(variables("gpu"), 300)).getConfigMapping(AdvUnlearnConfig.class);
        assertThat(config.pipelines().get("emoji-sd").device()).isEqualTo("gpu");
    }

    @Test
    void aPodHasTimeToFinishItsRequests() {
        Duration timeout = config(new EnvConfigSource(variables("cpu"), 300)).getConfigMapping(ShutdownConfig.class).timeout().orElseThrow();
        JsonNode pod = Manifests.only(render("cpu"), "Deployment").at("/spec/template/spec");
        int sleep = gateway("cpu").at("/lifecycle/preStop/sleep/seconds").asInt();
        assertThat(pod.path("terminationGracePeriodSeconds").asLong()).isGreaterThan(sleep + timeout.toSeconds());
    }

    /** The host name is the replica's name. */
    @Test
    void onlyASinglePodHasAFixedName() {
        JsonNode single = Manifests.only(render("cpu"), "Deployment").path("spec");
        assertThat(single.path("replicas").asInt()).isEqualTo(1);
        assertThat(single.at("/strategy/type").asText()).isEqualTo("Recreate");
        assertThat(single.at("/template/spec/hostname").asText()).isEqualTo("advunlearn");
        JsonNode several = Manifests.only(render("replicated"), "Deployment").path("spec");
        assertThat(several.path("replicas").asInt()).isGreaterThan(1);
        assertThat(several.at("/template/spec").has("hostname")).isFalse();
    }

    @Test
    void theImageIsTheOneThatMavenBuilds() {
        assertThat(gateway("cpu").path("image").asText()).isEqualTo(System.getProperty("advunlearn.gateway.image"));
    }

    /** The variables that the configuration mappings have a property for, given the pipelines that these variables configure. */
    private static Set<String> known(Map<String, String> variables) {
        Set<String> pipelines = config(new EnvConfigSource(variables, 300)).getConfigMapping(AdvUnlearnConfig.class).pipelines().keySet();
        return Stream.of(AdvUnlearnConfig.class, ShutdownConfig.class)
                .flatMap(mapping -> ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet().stream())
                .flatMap(property -> pipelines.stream().map(pipeline -> property.replace("*", pipeline)))
                .map(property -> property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    private static SmallRyeConfig config(EnvConfigSource environment) {
        try {
            return new SmallRyeConfigBuilder().addDefaultInterceptors().addDiscoveredConverters()
                    .withMapping(AdvUnlearnConfig.class).withMapping(ShutdownConfig.class)
                    .withSources(environment, new PropertiesConfigSource(SettingsTest.class.getResource("/application.properties"), 250)).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the gateway's container sees; a value that only the cluster knows is 1. */
    private static Map<String, String> variables(String overlay) {
        Map<String, String> variables = new TreeMap<>();
        Manifests.only(render(overlay), "ConfigMap").path("data").properties()
                .forEach(entry -> variables.put(entry.getKey(), entry.getValue().asText()));
        gateway(overlay).path("env").forEach(variable -> variables.put(variable.path("name").asText(), variable.path("value").asText("1")));
        return variables;
    }

    private static JsonNode gateway(String overlay) {
        return Manifests.only(render(overlay), "Deployment").at("/spec/template/spec/containers/0");
    }

    private static List<ObjectNode> render(String overlay) {
        return Kustomization.build(ManifestsTest.overlay(overlay));
    }
}
