package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.restassured.specification.RequestSpecification;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Users that a mechanism of the application authenticates by token, as OIDC does: roles and tenants come from claims. */
class UserIdentitiesTest {

    private static final String KEY = "a-key-for-this-test";

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addClass(Tokens.class).addAsResource(new StringAsset("""
            quarkus.advunlearn.registry-directory=target/users-registry
            quarkus.advunlearn.admin.api-key=%s
            quarkus.advunlearn.access.anonymous=false
            quarkus.advunlearn.access.role-claim=realm_access/roles
            quarkus.advunlearn.access.roles.viewer=staff,auditors
            quarkus.advunlearn.access.roles.operator=ops
            quarkus.advunlearn.access.tenant-claim=https://example.com/tenant
            """.formatted(KEY)), "application.properties"));

    /** Believes every token; a test has no keys to check a signature with. */
    @ApplicationScoped
    public static class Tokens implements HttpAuthenticationMechanism {

        @Override
        public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager manager) {
            String header = context.request().getHeader("Authorization");
            if (header == null) {
                return Uni.createFrom().nullItem();
            }
            String token = header.substring("Bearer ".length());
            if (!token.endsWith(".signed")) {
                return Uni.createFrom().failure(new AuthenticationFailedException());
            }
            return Uni.createFrom().item(QuarkusSecurityIdentity.builder().setPrincipal(new QuarkusPrincipal("alice"))
                    .addCredential(new TokenCredential(token, "bearer")).addRole("admin").build());
        }

        @Override
        public Uni<ChallengeData> getChallenge(RoutingContext context) {
            return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"));
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    private static RequestSpecification as(String claims) {
        return given().header("Authorization", "Bearer e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8))
                + ".signed");
    }

    private String admin(String path) {
        return "http://localhost:" + management.getPort() + "/admin/advunlearn" + path;
    }

    @Test
    void theClaimDecidesTheRole() {
        given().get(admin("/encoders")).then().statusCode(401);
        given().header("Authorization", "Bearer forged").get(admin("/encoders")).then().statusCode(401);
        as("{\"realm_access\": {\"roles\": [\"staff\", \"x\"]}}").get(admin("/encoders")).then().statusCode(200);
        as("{\"realm_access\": {\"roles\": [\"staff\", \"x\"]}}").body("{}").post(admin("/erasures")).then().statusCode(403)
                .body("detail", containsString("needs the role operator; user/alice has viewer"));
        as("{\"realm_access\": {\"roles\": [\"auditors\", \"ops\"]}}").body("{}").post(admin("/erasures")).then().statusCode(400);
        as("{\"realm_access\": {\"roles\": [\"ops\"]}}").body("{}").post(admin("/encoders")).then().statusCode(403);
        as("{\"roles\": [\"ops\"]}").get(admin("/encoders")).then().statusCode(403);
        given().header("X-API-Key", KEY).body("{}").post(admin("/encoders")).then().statusCode(400);
        as("{\"realm_access\": {\"roles\": [\"staff\"]}}").header("X-API-Key", "wrong-but-long-enough").get(admin("/encoders")).then().statusCode(401);
    }

    @Test
    void aUserOpensNothingOnThePublicPort() {
        as("{\"realm_access\": {\"roles\": [\"ops\"]}}").get("/admin/advunlearn/encoders").then().statusCode(404);
    }

    @Test
    void theClaimDecidesTheTenant() {
        given().get("/v1/models").then().statusCode(401).body("error.code", equalTo("invalid_api_key"));
        as("{\"https://example.com/tenant\": \"acme\"}").get("/v1/models").then().statusCode(200);
        as("{}").get("/v1/models").then().statusCode(401).body("error.message", containsString("must hold one tenant"));
        as("{\"https://example.com/tenant\": [\"acme\", \"other\"]}").get("/v1/models").then().statusCode(401);
        as("{\"https://example.com/tenant\": \"*\"}").get("/v1/models").then().statusCode(401).body("error.message", containsString("must match"));
    }
}
