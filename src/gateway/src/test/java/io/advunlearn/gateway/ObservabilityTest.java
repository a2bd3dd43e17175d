package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the running gateway tells of itself, and what the dashboard and the README say that it tells. */
@QuarkusTest
class ObservabilityTest {

    private static final Path MANIFESTS = Path.of(System.getProperty("advunlearn.manifests"));
    private static final Pattern METRIC = Pattern.compile("\\b(?:advunlearn|process|jvm|http)_[a-z0-9_]+");
    private static final Pattern SUFFIX = Pattern.compile("_(bucket|count|sum|max)$");

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void draw() throws InterruptedException {
        TestGateway.awaitReady(management);
        given().contentType("application/json").body("{\"prompt\": \"sesamstrasse\", \"num_inference_steps\": 1}").post("/v1/images/generations").then()
                .statusCode(200);
    }

    private String scrape() {
        return given().accept("text/plain").get(TestGateway.management(management, "/q/metrics")).then().statusCode(200).extract().asString();
    }

    /** Of the only series with these labels. */
    private double value(String name, String... labels) {
        List<String> found = scrape().lines().filter(line -> line.startsWith(name + "{")).toList();
        List<String> series = found.stream().filter(line -> Stream.of(labels).allMatch(line::contains)).toList();
        assertThat(series).as("of " + found).hasSize(1);
        return Double.parseDouble(series.get(0).replaceAll(".*} ", ""));
    }

    private static Set<String> names(String text) {
        return METRIC.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyMetricOfTheDashboardIsThere() throws IOException {
        JsonNode dashboard = new ObjectMapper().readTree(MANIFESTS.resolve("components/observability/dashboard.json").toFile());
        Set<String> asked = names(String.join("\n", dashboard.findValuesAsText("expr")) + dashboard.path("templating"));
        assertThat(asked).hasSizeGreaterThan(15);
        Set<String> there = scrape().lines().filter(line -> !line.startsWith("#")).map(line -> line.replaceAll("[{ ].*", "")).collect(Collectors.toSet());
        assertThat(there).containsAll(asked);
    }

    @Test
    void theReadmeNamesEveryMetricAndNoOther() throws IOException {
        String readme = Files.readString(MANIFESTS.resolveSibling("README.md"));
        Set<String> documented = names(readme.lines().filter(line -> line.startsWith("| `advunlearn_") || line.startsWith("| `process_resident"))
                .map(line -> line.substring(0, line.indexOf('|', 1))).collect(Collectors.joining("\n")));
        Set<String> there = scrape().lines().filter(line -> line.startsWith("advunlearn_") || line.startsWith("process_resident"))
                .map(line -> SUFFIX.matcher(line.replaceAll("[{ ].*", "")).replaceAll("")).collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(there);
    }

    @Test
    void stagesAreTimedWithHistograms() {
        double before = value("advunlearn_stage_seconds_count", "stage=\"denoise\"");
        given().contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then()
                .statusCode(200);
        assertThat(value("advunlearn_stage_seconds_count", "stage=\"denoise\"")).isEqualTo(before + 1);
        assertThat(value("advunlearn_stage_seconds_bucket", "stage=\"denoise\"", "le=\"+Inf\"")).isEqualTo(before + 1);
    }

    @Test
    void tellsTheActiveEncoderAndNoPrompt() {
        String scraped = scrape();
        assertThat(scraped.lines().filter(line -> line.startsWith("advunlearn_encoder_info{"))).singleElement().satisfies(line -> assertThat(line)
                .contains("component=\"text_encoder\"", "encoder=\"base\"", "pipeline=\"emoji-sd\"")
                .containsPattern("digest=\"[0-9a-f]{12}\"").endsWith(" 1.0"));
        assertThat(scraped).doesNotContain("sesamstrasse");
    }

    @Test
    void isLiveReadyAndStarted() {
        for (String check : Set.of("live", "ready", "started")) {
            given().get(TestGateway.management(management, "/q/health/" + check)).then().statusCode(200).body("status", equalTo("UP"));
        }
        given().get(TestGateway.management(management, "/q/health/ready")).then().body("checks.find { it.name == 'AdvUnlearn pipelines' }.data.'emoji-sd'",
                equalTo("ready"));
    }
}
