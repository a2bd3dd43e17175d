package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.Index;
import org.jboss.jandex.IndexReader;
import org.jboss.jandex.MethodInfo;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The description of the API has every operation of the resources, with an example, and nothing of their implementation. */
@QuarkusTest
class OpenApiTest {

    private static final String JAX_RS = "jakarta.ws.rs.";
    private static final DotName PATH = DotName.createSimple(JAX_RS + "Path");
    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "DELETE", "PATCH");
    /** Answers 404 to whatever else is asked for. */
    private static final String ANYTHING_ELSE = "{path:.*}";

    @TestHTTPResource(value = "/", management = true)
    URL management;

    private JsonNode document;

    @BeforeEach
    void read() throws IOException {
        document = new ObjectMapper().readTree(given().accept("application/json").queryParam("format", "json")
                .get(TestGateway.management(management, "/q/openapi")).then().statusCode(200).extract().asByteArray());
    }

    /** {@code GET /v1/models} and so on, from the annotations of the extension's classes. */
    private static Set<String> operations() throws IOException {
        Set<String> found = new TreeSet<>();
        for (URL file : Collections.list(Thread.currentThread().getContextClassLoader().getResources("META-INF/jandex.idx"))) {
            try (InputStream in = file.openStream()) {
                Index index = new IndexReader(in).read();
                for (AnnotationInstance path : index.getAnnotations(PATH)) {
                    if (path.target().kind() == AnnotationTarget.Kind.CLASS) {
                        add(path.target().asClass(), path.value().asString(), found);
                    }
                }
            }
        }
        return found;
    }

    private static void add(ClassInfo resource, String root, Set<String> found) {
        if (!resource.name().toString().startsWith("io.advunlearn.") || root.endsWith(ANYTHING_ELSE)) {
            return;
        }
        for (MethodInfo method : resource.methods()) {
            AnnotationInstance own = method.annotation(PATH);
            String path = root + (own == null ? "" : "/" + own.value().asString().replaceAll("^/", ""));
            METHODS.stream().filter(name -> method.hasAnnotation(DotName.createSimple(JAX_RS + name))).forEach(name -> found.add(name + " " + path));
        }
    }

    @Test
    void everyOperationOfTheResourcesIsThereAndNoOther() throws IOException {
        Set<String> described = new TreeSet<>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().stream().map(Map.Entry::getKey)
                .map(key -> key.toUpperCase(Locale.ROOT)).filter(METHODS::contains).forEach(method -> described.add(method + " " + path.getKey())));
        assertThat(operations()).hasSizeGreaterThan(20);
        assertThat(described).isEqualTo(operations());
    }

    @Test
    void everyOperationHasASummaryATagAndAnExample() {
        document.path("paths").properties().forEach(path -> path.getValue().properties().forEach(entry -> {
            if (METHODS.contains(entry.getKey().toUpperCase(Locale.ROOT))) {
                String operation = entry.getKey() + " " + path.getKey();
                assertThat(entry.getValue().path("summary").asText()).as(operation).isNotBlank();
                assertThat(entry.getValue().at("/tags/0").asText()).as(operation).isEqualTo(path.getKey().startsWith("/admin") ? "Admin" : "Images");
                assertThat(examples(entry.getValue())).as("examples of " + operation).isNotEmpty();
            }
        }));
    }

    /** Of the body and of the answers that are no errors; a picture is one by itself. */
    private List<String> examples(JsonNode operation) {
        List<String> found = new ArrayList<>();
        List<JsonNode> bodies = new ArrayList<>(List.of(resolved(operation.path("requestBody"))));
        operation.path("responses").properties().stream().filter(answer -> answer.getKey().startsWith("2"))
                .forEach(answer -> bodies.add(resolved(answer.getValue())));
        bodies.forEach(body -> body.path("content").properties().forEach(content -> {
            if (content.getValue().has("example") || content.getKey().startsWith("image/")) {
                found.add(content.getKey());
            }
        }));
        return found;
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        assertThat(document.findValuesAsText("$ref")).isNotEmpty().allSatisfy(reference -> assertThat(document.at(reference.substring(1)).isMissingNode())
                .as(reference).isFalse());
    }

    @Test
    void theAdminApiIsOnTheManagementPortWithItsKey() {
        document.path("paths").properties().stream().filter(path -> path.getKey().startsWith("/admin")).forEach(path -> {
            assertThat(path.getValue().at("/servers/0/url").asText()).as(path.getKey()).endsWith(":9000");
            path.getValue().properties().stream().filter(entry -> METHODS.contains(entry.getKey().toUpperCase(Locale.ROOT)))
                    .forEach(entry -> assertThat(entry.getValue().at("/security/0").has("AdvUnlearnAdminKey")).as(path.getKey()).isTrue());
        });
        assertThat(document.at("/components/securitySchemes/AdvUnlearnAdminKey/name").asText()).isEqualTo("X-API-Key");
        given().get("/q/openapi").then().statusCode(404);
    }

    @Test
    void nothingOfTheImplementationIsTold() {
        assertThat(document.toString()).doesNotContain("InputStream", "io.advunlearn", "RoutingContext", "OutboundSseEvent");
    }
}
