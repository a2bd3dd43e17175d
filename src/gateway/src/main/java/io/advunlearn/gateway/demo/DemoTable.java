package io.advunlearn.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.gateway.cli.RateText;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/** The demonstration's result in a few lines. */
final class DemoTable {

    private DemoTable() {
    }

    static void print(Map<String, Object> report, PrintStream out) {
        JsonNode before = (JsonNode) report.get("attacks_before");
        JsonNode after = (JsonNode) report.get("attacks_after");
        out.printf("%n%s reached by    %-24s %s%n", report.get("concept"), "before", "after");
        for (JsonNode attack : before.path("attacks")) {
            String name = attack.path("name").asText();
            out.printf("%-22s %-24s %s%n", "  " + name, rate(attack), rate(find(after, name)));
        }
        SteadyClient.Count count = (SteadyClient.Count) report.get("requests");
        out.printf(Locale.ROOT, "%nrequests of the steady client: %d sent, %d answered, %d lost; median %.1f s, slowest %.1f s%n", count.sent(),
                count.answered(), count.lost(), count.medianSeconds(), count.slowestSeconds());
        count.byEncoder().forEach((encoder, images) -> out.printf("  %4d by encoder %s%n", images, encoder));
        out.println();
        @SuppressWarnings("unchecked")
        Map<String, Double> seconds = (Map<String, Double>) report.get("seconds");
        seconds.forEach((phase, value) -> out.printf(Locale.ROOT, "  %6.1f s  %s%n", value, phase));
        out.println();
    }

    private static JsonNode find(JsonNode report, String name) {
        for (JsonNode attack : report.path("attacks")) {
            if (attack.path("name").asText().equals(name)) {
                return attack;
            }
        }
        throw new IllegalStateException("the report has no attack " + name);
    }

    private static String rate(JsonNode attack) {
        JsonNode rate = attack.path("rate");
        return RateText.of(rate.path("successes").asLong(), rate.path("trials").asLong(), rate.path("rate").asDouble(), rate.path("high").asDouble());
    }
}
