package io.advunlearn.quarkus.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * CONFIGURATION.md is what the mappings and their Javadoc say. After a change of either write it again:
 * {@code mvn -pl src/runtime -am test -Dtest=ConfigurationReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dadvunlearn.write-configuration=true}.
 */
class ConfigurationReferenceTest {

    private static final Path REFERENCE = Path.of("CONFIGURATION.md");
    /** Written by Quarkus' annotation processor for extensions. */
    private static final Path MODEL = Path.of("target", "classes", "META-INF", "quarkus-config-doc");
    private static final String HEAD = """
            # Configuration of quarkus-advunlearn

            Generated from the Javadoc of the configuration mappings; `ConfigurationReferenceTest` fails when it is stale, and says how to write it again.
            All settings are read when the application starts. The environment variable of a setting is the same in capitals, with `_` for every other
            character: `quarkus.advunlearn.registry-directory` is `QUARKUS_ADVUNLEARN_REGISTRY_DIRECTORY`.

            | setting | type | default | meaning |
            | - | - | - | - |
            """;

    private final StringBuilder page = new StringBuilder(HEAD);

    @Test
    void isWhatTheMappingsSay() throws IOException {
        JsonNode javadoc = read("quarkus-config-javadoc.json").path("elements");
        read("quarkus-config-model.json").path("configRoots").forEach(root -> describe(root.path("items"), javadoc));
        if (Boolean.getBoolean("advunlearn.write-configuration")) {
            Files.writeString(REFERENCE, page);
        }
        assertThat(Files.readString(REFERENCE)).isEqualTo(page.toString());
        assertThat(page).contains("pipelines.\"pipeline-name\".model-directory", "`5s`", "float16, float32");
    }

    private static JsonNode read(String file) throws IOException {
        return new ObjectMapper().readTree(MODEL.resolve(file).toFile());
    }

    private void describe(JsonNode items, JsonNode javadoc) {
        for (JsonNode item : items) {
            if (item.has("items")) {
                describe(item.path("items"), javadoc);
            } else {
                page.append("| `").append(item.at("/path/property").asText()).append("` | ").append(type(item)).append(" | ").append(fallback(item))
                        .append(" | ").append(meaning(item, javadoc)).append(" |\n");
            }
        }
    }

    private static String type(JsonNode item) {
        JsonNode values = item.at("/enumAcceptedValues/values");
        if (values.isMissingNode()) {
            return item.path("typeDescription").asText();
        }
        return StreamSupport.stream(values.spliterator(), false).map(value -> value.path("configValue").asText()).collect(Collectors.joining(", "));
    }

    private static String fallback(JsonNode item) {
        String value = item.path("defaultValue").asText();
        if (value.isEmpty()) {
            return item.path("optional").asBoolean() || item.path("map").asBoolean() ? "" : "**required**";
        }
        if (item.path("type").asText().equals(Duration.class.getName())) {
            // The processor writes 2s as 2S.
            value = value.toLowerCase(Locale.ROOT);
        }
        return value.contains(" ") ? value : "`" + value + "`";
    }

    private static String meaning(JsonNode item, JsonNode javadoc) {
        String element = item.path("sourceType").asText() + "." + item.path("sourceElementName").asText();
        String text = javadoc.path(element).path("description").asText();
        assertThat(text).as("Javadoc of " + element).isNotBlank();
        return text.replaceAll("\\{@code ([^}]*)\\}", "`$1`").replaceAll("\\s+", " ").replace("|", "\\|").trim();
    }
}
