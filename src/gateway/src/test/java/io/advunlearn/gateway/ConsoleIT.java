package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operator's day in the console: in with the key, erase, watch, promote, measure, roll back. */
@Tag("browser")
class ConsoleIT {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void anOperatorErasesPromotesMeasuresAndRollsBack() throws Exception {
        try (ChildGateway gateway = new ChildGateway(); ConsoleBrowser browser = new ConsoleBrowser(gateway.managementUri())) {
            entersWithTheKeyOnly(browser, gateway.key());
            startsAnErasureAndCancelsIt(browser, gateway);
            String candidate = watchesAnErasureAndServesItsCandidate(browser, gateway);
            measures(browser, gateway, candidate);
            seesWhatIsServedAndRollsBack(browser, gateway, candidate);
            labels(browser, gateway, candidate);
            uploads(browser, gateway);
            looksBeforeItServes(browser, gateway);
            routes(browser, gateway);
            assertThat(browser.resources()).as("nothing comes from elsewhere").isEqualTo(Set.of(gateway.managementUri().toString()));
            forgetsTheKey(browser);
        }
    }

    private static void entersWithTheKeyOnly(ConsoleBrowser browser, String key) throws Exception {
        browser.open("pipelines");
        browser.awaitHeading("Admin key");
        assertThat(browser.focusedAfterTabs(1)).isEqualTo("Skip to the content");
        browser.inspect("key");
        browser.find("input[name=key]").sendKeys("a key that is wrong");
        browser.press("main", "Enter");
        browser.awaitText("[role=alert]", "not accepted");
        browser.find("input[name=key]").clear();
        browser.find("input[name=key]").sendKeys(key);
        browser.press("main", "Enter");
        browser.awaitHeading("Pipelines");
        browser.awaitText(".panel", ChildGateway.PIPELINE);
        assertThat(browser.find("nav a[aria-current=page]").getText()).isEqualTo("Pipelines");
    }

    private static void startsAnErasureAndCancelsIt(ConsoleBrowser browser, ChildGateway gateway) throws Exception {
        browser.go("erasures");
        browser.awaitHeading("Erasures");
        browser.awaitText("caption", "newest first");
        browser.inspect("erasures");
        browser.find("input[name=concept]").sendKeys("church");
        browser.press("main", "Erase");
        browser.awaitHeading("Erasure of");
        browser.press("main", "Cancel");
        browser.awaitText(".badge", "cancelled");
        assertThat(gateway.admin().get(browser.location()).path("state").asText()).isEqualTo("cancelled");
    }

    private static String watchesAnErasureAndServesItsCandidate(ConsoleBrowser browser, ChildGateway gateway) throws Exception {
        String settings = EncoderFixture.TINY_ERASURE.replace("\"iterations\": 4", "\"iterations\": 24");
        String id = gateway.admin().post("/erasures", Map.of("concept", "church", "seed", 3, "settings", MAPPER.readValue(settings, Map.class))).path("id").asText();
        browser.open("erasures/" + id);
        browser.awaitHeading("Erasure of church");
        browser.await("a curve", () -> browser.has("au-curves canvas") && !browser.script("return document.querySelector('progress').value").equals(0L));
        browser.awaitText(".badge", "succeeded");
        browser.awaitText("table", "loss attack");
        browser.inspect("erasure");
        browser.press("main", "Serve the candidate");
        assertThat(browser.has("dialog[open]")).isTrue();
        browser.inspect("promotion");
        browser.press("dialog", "Do nothing");
        assertThat(served(gateway)).isEqualTo("base");
        browser.press("main", "Serve the candidate");
        browser.press("dialog", "Serve");
        browser.awaitText("#said", "serves " + id);
        assertThat(served(gateway)).isEqualTo(id);
        return id;
    }

    private static String served(ChildGateway gateway) {
        return gateway.admin().get("/pipelines/" + ChildGateway.PIPELINE + "/text-encoder").path("active").path("encoder").asText();
    }

    private static void measures(ConsoleBrowser browser, ChildGateway gateway, String encoder) throws Exception {
        Map<String, Object> budget = Map.of("steps", 8, "pairs", 4, "tries", 32, "diffPrompts", 0);
        JsonNode job = gateway.admin().post("/evaluations", Map.of("encoder", encoder, "concept", "church", "attacks", java.util.List.of("plain"), "retention", false,
                "budget", budget));
        browser.open("evaluations/" + job.path("id").asText());
        browser.awaitText(".badge", "succeeded");
        browser.awaitText("table", "plain");
        browser.await("the pictures", () -> Boolean.TRUE.equals(browser.script("return (document.querySelector('figure img')?.naturalWidth ?? 0) > 100")));
        browser.inspect("evaluation");
    }

    private static void seesWhatIsServedAndRollsBack(ConsoleBrowser browser, ChildGateway gateway, String encoder) throws Exception {
        browser.go("encoders");
        browser.awaitText(".tree", encoder);
        browser.awaitText(".tree", "worst attack plain");
        browser.inspect("encoders");
        browser.open("encoders/" + encoder);
        browser.awaitHeading("Encoder " + encoder);
        browser.inspect("encoder");
        browser.go("pipelines");
        browser.awaitText(".panel", encoder);
        browser.inspect("pipelines");
        browser.press(".panel", "Roll back");
        browser.press("dialog", "Roll back");
        browser.awaitText("#said", "back at base");
        assertThat(served(gateway)).isEqualTo("base");
        browser.go("audit");
        browser.awaitText("tbody", "rollback");
        browser.inspect("audit");
    }

    private static void labels(ConsoleBrowser browser, ChildGateway gateway, String encoder) throws Exception {
        browser.open("encoders/" + encoder);
        browser.awaitHeading("Encoder " + encoder);
        browser.find(".labels input[name=key]").sendKeys("stage");
        browser.find(".labels input[name=value]").sendKeys("golden");
        browser.press(".labels", "Set the label");
        browser.awaitText(".labels tbody", "golden");
        browser.inspect("labels");
        assertThat(gateway.admin().get("/encoders/" + encoder).at("/labels/stage").asText()).isEqualTo("golden");
        browser.press(".labels tbody", "Remove");
        browser.awaitText(".labels tbody", "None.");
        assertThat(gateway.admin().get("/encoders/" + encoder).path("labels")).isEmpty();
    }

    private static void uploads(ConsoleBrowser browser, ChildGateway gateway) throws Exception {
        Path folder = EncoderFixture.scaled(gateway.imports().resolve("from-the-browser"), 0.9f);
        browser.go("uploads");
        browser.awaitHeading("Uploads");
        browser.find("input[name=id]").sendKeys("uploaded-1");
        browser.find("input[name=erasures]").sendKeys("church, dog");
        browser.find("input[name=files]").sendKeys(folder.resolve("config.json") + "\n" + folder.resolve("model.safetensors"));
        browser.inspect("uploads");
        browser.press("main form", "Upload");
        browser.awaitHeading("Encoder uploaded-1");
        assertThat(gateway.admin().get("/encoders/uploaded-1").path("erasures")).hasToString("[\"church\",\"dog\"]");
        assertThat(gateway.admin().get("/uploads").path("uploads")).isEmpty();
    }

    private static void looksBeforeItServes(ConsoleBrowser browser, ChildGateway gateway) throws Exception {
        browser.open("gallery?encoder=uploaded-1");
        browser.awaitHeading("Gallery");
        browser.find("textarea[name=prompts]").sendKeys("a church, twemoji style, white background\na dog, noto style, white background");
        browser.press("main form", "Draw");
        browser.await("four pictures", () -> Long.valueOf(4).equals(browser.script("return [...document.querySelectorAll('figure img')].filter(image => image.naturalWidth > 0).length")));
        browser.awaitText("#said", "4 pictures");
        browser.inspect("gallery");
        assertThat(served(gateway)).isEqualTo("base");
        browser.go("audit");
        browser.awaitText("tbody", "by uploaded-1");
    }

    private static void routes(ConsoleBrowser browser, ChildGateway gateway) throws Exception {
        String routes = "/pipelines/" + ChildGateway.PIPELINE + "/routes";
        browser.go("routes");
        browser.awaitHeading("Routes");
        browser.awaitText("tbody", "None");
        browser.find("input[name=name]").sendKeys("acme");
        browser.choose("select[name=encoder]", "uploaded-1");
        browser.press("main", "Route the tenant");
        browser.press("dialog", "Send tenant acme");
        browser.awaitText("tbody", "tenant acme");
        browser.press("main", "Route the share");
        browser.inspect("route");
        browser.press("dialog", "Send a share");
        browser.awaitText("tbody", "10 %");
        browser.inspect("routes");
        assertThat(gateway.admin().get(routes).at("/routes/acme/encoder").asText()).isEqualTo("uploaded-1");
        assertThat(gateway.admin().get(routes).at("/routes/*/share").asDouble()).isEqualTo(0.1);
        for (int left = 1; left >= 0; left--) {
            Long expected = (long) left;
            browser.press("tbody", "Remove");
            browser.press("dialog", "Remove the route");
            browser.await(left + " routes", () -> expected.equals(browser.script("return document.querySelectorAll('tbody button').length")));
        }
        assertThat(gateway.admin().get(routes).path("routes")).isEmpty();
        browser.awaitText("tbody", "None");
    }

    private static void forgetsTheKey(ConsoleBrowser browser) {
        browser.press("header", "Forget the key");
        browser.awaitHeading("Admin key");
        assertThat(browser.script("return sessionStorage.length")).isEqualTo(0L);
    }
}
