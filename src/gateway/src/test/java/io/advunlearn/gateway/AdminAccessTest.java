package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.advunlearn.service.access.KeysFile;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.access.StoredKey;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.AdminPermissions;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.DotName;
import org.jboss.jandex.Index;
import org.jboss.jandex.IndexReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every operation of the admin API, found in the classes themselves, with no, a wrong and an insufficient credential. */
@QuarkusTest
@TestProfile(AdminApiTest.Imports.class)
class AdminAccessTest {

    private static final java.nio.file.Path WORK = AdminApiTest.WORK;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    /** @param template path below the prefix with a star for each name */
    private record Operation(String method, String template) {

        String path() {
            String names = template.startsWith("pipelines/") ? template.replaceFirst("\\*", "emoji-sd") : template;
            return "/" + names.replace("*", "nobody");
        }
    }

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    /** Resources below the prefix, whatever else is annotated on them. */
    private static List<Operation> operations() throws IOException, ClassNotFoundException {
        List<Operation> operations = new ArrayList<>();
        for (Class<?> resource : resources()) {
            assertThat(Arrays.stream(resource.getAnnotations()).map(annotation -> annotation.annotationType().getSimpleName()))
                    .as("annotations of %s", resource.getName()).contains("AdminOnly");
            for (Method method : resource.getDeclaredMethods()) {
                Stream.of(method.getAnnotations()).map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class)).filter(verb -> verb != null)
                        .forEach(verb -> operations.add(new Operation(verb.value(), template(resource, method))));
            }
        }
        return operations;
    }

    private static List<Class<?>> resources() throws IOException, ClassNotFoundException {
        List<Class<?>> resources = new ArrayList<>();
        for (URL url : Collections.list(Thread.currentThread().getContextClassLoader().getResources("META-INF/jandex.idx"))) {
            try (InputStream in = url.openStream()) {
                Index index = new IndexReader(in).read();
                for (AnnotationInstance path : index.getAnnotations(DotName.createSimple(Path.class.getName()))) {
                    if (path.target().kind() == AnnotationTarget.Kind.CLASS && path.value().asString().startsWith(AdminApi.PREFIX)) {
                        resources.add(Thread.currentThread().getContextClassLoader().loadClass(path.target().asClass().name().toString()));
                    }
                }
            }
        }
        return resources.stream().distinct().<Class<?>>map(resource -> resource).toList();
    }

    private static String template(Class<?> resource, Method method) {
        String below = Optional.ofNullable(method.getAnnotation(Path.class)).map(path -> "/" + path.value()).orElse("");
        return (resource.getAnnotation(Path.class).value().substring(AdminApi.PREFIX.length()) + below).replaceAll("/+", "/").replaceAll("\\{[^}]*}", "*").substring(1);
    }

    /** What the registry holds besides the audit log: nothing may change it here. */
    private static List<String> registry() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.walk(WORK.resolve("registry"))) {
            return files.map(java.nio.file.Path::toString).filter(file -> !file.contains("/audit")).sorted().toList();
        }
    }

    private Response send(Operation operation, RequestSpecification request) {
        return request.body("{\"encoder\": \"base\", \"concept\": \"church\", \"id\": \"x\", \"folder\": \"x\"}")
                .request(operation.method(), TestGateway.admin(management, operation.path()));
    }

    private static String key(String id, Role role, String tenant) {
        StoredKey.Created created = StoredKey.create(id, role, tenant, null);
        new KeysFile(WORK.resolve("keys.json")).change(keys -> {
            keys.put(id, created.stored());
            return keys;
        });
        return created.text();
    }

    private void awaitKnown(String key) throws InterruptedException {
        TestGateway.await("the key to be read", () -> given().header("X-API-Key", key).get(TestGateway.admin(management, "/encoders")).statusCode() != 401);
    }

    @Test
    void everyOperationHasItsRoleAndRefusesWhoeverLacksIt() throws Exception {
        String viewer = key("vera", Role.VIEWER, null);
        String operator = key("oscar", Role.OPERATOR, null);
        String tenant = key("acme", null, "acme");
        awaitKnown(tenant);
        List<String> before = registry();
        List<Operation> operations = operations();
        assertThat(operations).as("operations found").hasSizeGreaterThan(20);
        for (Operation operation : operations) {
            assertThat(send(operation, given()).statusCode()).as("%s without a key", operation).isEqualTo(401);
            assertThat(send(operation, given().header("X-API-Key", "wrong-but-long-enough")).statusCode()).as("%s with a wrong key", operation).isEqualTo(401);
            assertThat(send(operation, given().header("X-API-Key", viewer + "x")).statusCode()).as("%s with a wrong key", operation).isEqualTo(401);
            assertThat(send(operation, given().header("Authorization", "Bearer " + viewer + "x")).statusCode()).as("%s with a wrong token", operation).isEqualTo(401);
            assertThat(send(operation, given().header("X-API-Key", tenant)).statusCode()).as("%s with a client's key", operation).isEqualTo(403);
            if (operation.template().equals("*")) {
                continue;
            }
            assertThat(AdminPermissions.isListed(operation.method(), operation.template())).as("%s in AdminPermissions", operation).isTrue();
            Role least = AdminPermissions.least(operation.method(), operation.template());
            if (least != Role.VIEWER) {
                assertThat(send(operation, given().header("X-API-Key", viewer)).statusCode()).as("%s with a viewer's key", operation).isEqualTo(403);
            }
            if (least == Role.ADMIN) {
                assertThat(send(operation, given().header("Authorization", "Bearer " + operator)).statusCode()).as("%s with an operator's key", operation)
                        .isEqualTo(403);
            }
        }
        assertThat(registry()).isEqualTo(before);
    }

    @Test
    void whoActedIsAuditedAndOnlyAnAdminWeakens() throws Exception {
        String viewer = key("victor", Role.VIEWER, null);
        String operator = key("olga", Role.OPERATOR, null);
        awaitKnown(operator);
        String encoder = TestGateway.admin(management, "/pipelines/emoji-sd/text-encoder");
        given().header("X-API-Key", viewer).get(encoder).then().statusCode(200);
        given().header("X-API-Key", viewer).get(TestGateway.admin(management, "/audit")).then().statusCode(200);
        given().header("X-API-Key", viewer).body("{\"encoder\": \"base\"}").put(encoder).then().statusCode(403).contentType("application/problem+json")
                .body("detail", equalTo("this operation needs the role operator; victor has viewer"));
        given().header("Authorization", "Bearer " + operator).body("{\"encoder\": \"base\", \"weaken\": true}").put(encoder).then().statusCode(403)
                .body("detail", equalTo("weaken needs the role admin; olga has operator"));
        given().header("X-API-Key", operator).body("{\"encoder\": \"base\", \"override\": true}").put(encoder).then().statusCode(403);
        given().header("X-API-Key", operator).body("{\"weaken\": true}").post(encoder + "/rollback").then().statusCode(403);
        given().header("Authorization", "Bearer " + operator).body("{\"encoder\": \"base\"}").put(encoder).then().statusCode(200);
        TestGateway.admin().get(TestGateway.admin(management, "/audit")).then()
                .body("audit.findAll { it.action == 'promote' && it.principal == 'olga' }.target", hasItem("emoji-sd -> base"));
    }

    @Test
    void aRevokedKeyIsRefusedWithoutARestart() throws Exception {
        String key = key("gone", Role.VIEWER, null);
        awaitKnown(key);
        new KeysFile(WORK.resolve("keys.json")).change(keys -> {
            keys.remove("gone");
            return keys;
        });
        TestGateway.await("the key to be refused", () -> given().header("X-API-Key", key).get(TestGateway.admin(management, "/encoders")).statusCode() == 401);
    }

    @Test
    void aTenantsKeyDecidesWhichEncoderDraws() throws Exception {
        String rose = key("rose-web", null, "rose");
        String plain = key("plain-web", null, "plain");
        awaitKnown(plain);
        EncoderFixture.scaled(WORK.resolve("imports").resolve("for-rose"), 1.03f);
        TestGateway.admin().body("{\"id\": \"for-rose\", \"folder\": \"for-rose\"}").post(TestGateway.admin(management, "/encoders")).then().statusCode(201);
        String route = TestGateway.admin(management, "/pipelines/emoji-sd/routes/rose");
        TestGateway.admin().body("{\"encoder\": \"for-rose\"}").put(route).then().statusCode(200).body("encoder", equalTo("for-rose"));
        TestGateway.admin().get(TestGateway.admin(management, "/pipelines/emoji-sd/routes")).then().statusCode(200)
                .body("routes.rose.unavailable", nullValue());
        draw(given().header("Authorization", "Bearer " + rose)).header("X-Encoder-Version", startsWith("for-rose@")).body("encoder.id", equalTo("for-rose"));
        draw(given().header("Authorization", "Bearer " + plain)).header("X-Encoder-Version", not(startsWith("for-rose@")));
        draw(given().header("X-Tenant", "rose").header("X-Encoder", "for-rose").header("X-Encoder-Version", "for-rose"))
                .header("X-Encoder-Version", not(startsWith("for-rose@")));
        TestGateway.admin().urlEncodingEnabled(false).body("{\"encoder\": \"for-rose\", \"share\": 1}")
                .put(TestGateway.admin(management, "/pipelines/emoji-sd/routes/*")).then().statusCode(200);
        draw(given()).header("X-Encoder-Version", startsWith("for-rose@"));
        TestGateway.admin().urlEncodingEnabled(false).delete(TestGateway.admin(management, "/pipelines/emoji-sd/routes/*")).then().statusCode(200);
        TestGateway.admin().delete(route).then().statusCode(200);
        draw(given().header("Authorization", "Bearer " + rose)).header("X-Encoder-Version", not(startsWith("for-rose@")));
    }

    private static ValidatableResponse draw(RequestSpecification client) {
        return client.contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then().statusCode(200);
    }

    @Test
    void everyAnswerSaysThatItIsNotToBeSniffedFramedOrKept() {
        for (Response answer : List.of(given().header("X-Request-Id", "client-7").get("/v1/models"),
                given().header("X-Request-Id", "client-7").body("{}").post("/v1/images/generations"),
                given().header("X-Request-Id", "client-7").get(TestGateway.admin(management, "/encoders")),
                TestGateway.admin().header("X-Request-Id", "client-7").get(TestGateway.admin(management, "/encoders")),
                TestGateway.admin().header("X-Request-Id", "client-7").get(TestGateway.admin(management, "/nothing")))) {
            answer.then().header("X-Content-Type-Options", "nosniff").header("Cache-Control", "no-store").header("Referrer-Policy", "no-referrer")
                    .header("Content-Security-Policy", containsString("frame-ancestors 'none'")).header("X-Request-Id", "client-7").header("Server", nullValue());
        }
        given().header("X-Request-Id", "forged line ${x}").get("/v1/models").then().header("X-Request-Id", matchesPattern("[0-9a-f-]{36}"));
    }

    @Test
    void theImageApiTakesTenantsKeysAndNoWrongOnes() throws Exception {
        String tenant = key("shop", null, "shop");
        String viewer = key("vince", Role.VIEWER, null);
        awaitKnown(viewer);
        given().get("/v1/models").then().statusCode(200);
        given().header("Authorization", "Bearer " + tenant).get("/v1/models").then().statusCode(200);
        for (String wrong : List.of(tenant + "x", "sk-something-else", TestGateway.KEY)) {
            given().header("Authorization", "Bearer " + wrong).get("/v1/models").then().statusCode(401).header("WWW-Authenticate", "Bearer")
                    .body("error.code", equalTo("invalid_api_key")).body("error.type", equalTo("invalid_request_error"));
            given().header("Authorization", "Bearer " + wrong).body("{\"prompt\": \"a dog\"}").post("/v1/images/generations").then().statusCode(401);
        }
        given().header("Authorization", "Bearer " + viewer).get("/v1/models").then().statusCode(401).body("error.message", containsString("admin API"));
    }
}
