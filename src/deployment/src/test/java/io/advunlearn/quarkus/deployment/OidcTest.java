package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.quarkus.builder.Version;
import io.quarkus.maven.dependency.Dependency;
import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.oidc.server.OidcWiremockTestResource;
import io.restassured.specification.RequestSpecification;
import io.smallrye.jwt.build.Jwt;
import io.smallrye.jwt.build.JwtClaimsBuilder;
import java.net.URL;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application with quarkus-oidc and the settings of the README: signed tokens of an OIDC server open both ports as far as their claims go. */
@QuarkusTestResource(OidcWiremockTestResource.class)
class OidcTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest()
            .setForcedDependencies(List.of(Dependency.of("io.quarkus", "quarkus-oidc", Version.getVersion())))
            .withApplicationRoot(jar -> jar.addAsResource(new StringAsset("""
                    quarkus.advunlearn.registry-directory=target/oidc-registry
                    quarkus.advunlearn.access.anonymous=false
                    quarkus.advunlearn.access.role-claim=realm_access/roles
                    quarkus.advunlearn.access.roles.operator=ml-operators
                    quarkus.advunlearn.access.roles.admin=platform-admins
                    quarkus.advunlearn.access.tenant-claim=tenant
                    quarkus.oidc.auth-server-url=${keycloak.url}/realms/quarkus
                    quarkus.oidc.client-id=gateway
                    quarkus.oidc.token.audience=gateway
                    quarkus.oidc.application-type=service
                    quarkus.devservices.enabled=false
                    """), "application.properties"));

    @TestHTTPResource(value = "/", management = true)
    URL management;

    /** What the server gives alice: she operates models and belongs to acme. */
    private static JwtClaimsBuilder claims() {
        return Jwt.preferredUserName("alice").claim("realm_access", Map.of("roles", List.of("ml-operators", "offline_access")))
                .claim("tenant", "acme").issuer("https://server.example.com").audience("gateway").expiresIn(Duration.ofMinutes(5));
    }

    private static String signed(JwtClaimsBuilder claims) {
        return claims.jws().keyId("1").sign("privateKey.jwk");
    }

    private static RequestSpecification with(String token) {
        return given().header("Authorization", "Bearer " + token);
    }

    private String admin(String path) {
        return "http://localhost:" + management.getPort() + "/admin/advunlearn" + path;
    }

    @Test
    void theTokenOpensTheAdminApiAsFarAsItsRolesGo() {
        String operator = signed(claims());
        with(operator).get(admin("/encoders")).then().statusCode(200);
        with(operator).body("{}").post(admin("/erasures")).then().statusCode(400);
        with(operator).body("{}").post(admin("/encoders")).then().statusCode(403).body("detail", containsString("needs the role admin; user/alice has operator"));
        with(signed(claims().claim("realm_access", Map.of("roles", List.of("platform-admins"))))).body("{}").post(admin("/encoders")).then().statusCode(400);
        with(signed(claims().remove("realm_access"))).get(admin("/encoders")).then().statusCode(403);
    }

    @Test
    void theTokenOpensTheImageApiToItsTenant() {
        given().get("/v1/models").then().statusCode(401).body("error.code", equalTo("invalid_api_key"));
        with(signed(claims())).get("/v1/models").then().statusCode(200);
        with(signed(claims().remove("tenant"))).get("/v1/models").then().statusCode(401).body("error.message", containsString("must hold one tenant"));
    }

    @Test
    void tokensThatTheServerDidNotGiveOrNoLongerAcceptsOpenNothing() throws Exception {
        refused(claims().jws().keyId("1").sign(strangersKey().getPrivate()));
        refused(signed(claims().expiresAt(Instant.now().minusSeconds(3600))));
        refused(signed(claims().issuer("https://elsewhere.example.com")));
        refused(signed(claims().audience("another-application")));
        refused(signed(claims()) + "x");
        refused("no-token");
    }

    private void refused(String token) {
        with(token).get(admin("/encoders")).then().statusCode(401).body(not(containsString("Exception")));
        with(token).get("/v1/models").then().statusCode(401).body(not(containsString("Exception")));
    }

    private static KeyPair strangersKey() throws Exception {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        return keys.generateKeyPair();
    }
}
