package io.advunlearn.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.evaluation.ContactSheet.Mark;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.BeforeAfter;
import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.evaluation.EvaluationReport.Success;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.Reports;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportPageTest {

    private static final String XSS = "<script>alert(1)</script>\"' onerror=alert(2) x='<img src=x onerror=alert(3)>{{{policy}}}&amp;</style>\u202e\u0000";

    private static EvaluationReport attacked(String text) {
        List<Success> found = List.of(new Success(text, text, 5, 1, 1, 2));
        Retention retention = new Retention(List.of(new ClassAccuracy(text, Rate.of(9, 10), Rate.of(8, 10))), List.of(), List.of(text), 0.1, text, 0.1,
                Map.of(text, new BeforeAfter(Rate.of(1, 2), Rate.of(2, 2))), 0.01, 0.02, null, null,
                List.of(new EvaluationReport.Frechet(text, 8, 40, 0.5, 0.6, 0.4)), null);
        return Reports.report(text, text, List.of(Reports.attack("plain", 1, 40), Reports.attack(text, true, 1, 2, found)), retention);
    }

    private static String page(EvaluationReport report) {
        return ReportPage.html(report, null, null);
    }

    @Test
    void noTextOfAnAttackerBecomesMarkup() {
        ImagesView images = new ImagesView(List.of(new ImagesView.Row(XSS, List.of(new ImagesView.Sample("data:image/png;base64,AA==", XSS, XSS, "bad", XSS)))), null);
        ErasureReport erasure = new ErasureReport(ErasureReport.SCHEMA, XSS, XSS, Instant.EPOCH, Map.of("concepts", List.of(Map.of("concept", XSS)), "method", XSS), Map.of(XSS, XSS, "anchor", XSS),
                List.of(new ErasureReport.Point(1, XSS, Map.of(XSS, 1.0))), null);
        String malicious = ReportPage.html(attacked(XSS), images, erasure);
        String harmless = ReportPage.html(attacked("text"), new ImagesView(List.of(new ImagesView.Row("text",
                List.of(new ImagesView.Sample("data:image/png;base64,AA==", "text", "text", "bad", "text")))), null),
                new ErasureReport(ErasureReport.SCHEMA, "text", "text", Instant.EPOCH, Map.of("concepts", List.of(Map.of("concept", "text")), "method", "text"), Map.of("text", "text", "anchor", "text"),
                        List.of(new ErasureReport.Point(1, "text", Map.of("text", 1.0))), null));
        // Whatever the texts are, the page has the same tags and attributes.
        assertThat(markup(malicious)).isEqualTo(markup(harmless));
        assertThat(malicious).doesNotContain("<script").doesNotContain("\u202e").doesNotContain("\u0000").contains("&lt;script&gt;");
    }

    /** Every tag with its attributes' names. */
    private static List<String> markup(String html) {
        Matcher tags = Pattern.compile("<[^>]*>").matcher(html);
        return tags.results().map(tag -> tag.group().replaceAll("\"[^\"]*\"", "\"\"")).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"page.html", "gates.html", "attacks.html", "attack-table.html", "found.html", "rate-chart.html", "retention.html", "images.html", "erasure.html"})
    void noTemplateHasARawValueOrAScript(String name) throws IOException {
        try (var in = ReportPage.class.getResourceAsStream(name)) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).doesNotContain("{{{").doesNotContain("{{&").doesNotContain("<script")
                    .doesNotContain(" style=").doesNotContain("http:").doesNotContain("https:");
        }
    }

    @Test
    void thePagesStyleIsTheOneThatItsPolicyAllows() {
        String html = page(attacked("church"));
        String style = html.substring(html.indexOf("<style>") + "<style>".length(), html.indexOf("</style>"));
        String digest = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(Sha256.of(style.getBytes(StandardCharsets.UTF_8))));
        assertThat(ReportPage.CONTENT_SECURITY_POLICY).contains("'sha256-" + digest + "'").contains("default-src 'none'").contains("frame-ancestors 'none'");
    }

    @Test
    void theVerdictIsTheFirstThingToRead() {
        Map<String, String> gates = Map.of("attack-success.plain", "0.05");
        String failed = page(Gates.parse(gates).judge(Reports.withAttacks(Reports.attack("plain", 0, 10))));
        assertThat(failed).contains("verdict failed").contains("Must not be promoted.").contains("1 of 1 gates fail, first attack-success.plain (27.8 %, must be at most 5.0 %)");
        String passed = page(Gates.parse(gates).judge(Reports.withAttacks(Reports.attack("plain", 0, 100))));
        assertThat(passed).contains("verdict passed").contains("All 1 gates hold.");
        assertThat(page(Reports.withAttacks())).contains("verdict none").contains("No text attack was run");
    }

    @Test
    void whiteBoxAttacksStandApartAndAreNeverTheStrongest() {
        String html = page(Reports.withAttacks(Reports.attack("plain", 1, 100), Reports.whiteBox("embedding", 100, 100)));
        assertThat(html).contains("<h2>White-box attacks</h2>").contains("The strongest text attack, plain,");
        assertThat(page(Reports.withAttacks(Reports.attack("plain", 1, 100)))).doesNotContain("<h2>White-box attacks</h2>");
    }

    @Test
    void reducedBudgetsAreMarked() {
        assertThat(page(Reports.withAttacks(Reports.attack("plain", 1, 100)))).contains("reduced budget").contains("steps 20");
    }

    @Test
    void aLossCurveFitsItsPanel() {
        LineChart chart = LineChart.of("loss_erase", new TreeMap<>(Map.of(0, 4.0, 5, Double.NaN, 10, 0.0)));
        // From the top left corner (the largest value at the first iteration) to the bottom right; what is no number is left out.
        assertThat(chart.points()).isEqualTo("60.0,28.0 424.0,176.0");
    }

    @Test
    void imagesAreInThePage(@TempDir Path directory) throws IOException {
        Reports.withAttacks(Reports.attack("plain", 1, 2)).write(directory.resolve("report.json"));
        Files.createDirectories(directory.resolve("samples"));
        Files.write(directory.resolve("samples/1-1.png"), new byte[] {1, 2, 3});
        Files.writeString(directory.resolve("samples.json"),
                "[{\"title\": \"Row\", \"samples\": [{\"file\": \"samples/1-1.png\", \"caption\": \"a church\", \"mark\": \"" + Mark.BAD + "\"}]}]");
        assertThat(ReportPage.html(directory, null)).contains("src=\"data:image/png;base64,AQID\"").contains("alt=\"Generated for: a church\"").contains(">shown<");
    }

    @Test
    void thePageIsWellFormedEnoughForAParser() {
        Deque<String> open = new ArrayDeque<>();
        Matcher tags = Pattern.compile("<(/?)(section|table|tbody|thead|tr|td|th|figure|figcaption|svg|ul|li|dl|div|main|header|footer|details|summary|code|bdi)\\b[^>]*>")
                .matcher(page(attacked(XSS)));
        while (tags.find()) {
            if (tags.group(1).isEmpty()) {
                open.push(tags.group(2));
            } else {
                assertThat(open.pop()).isEqualTo(tags.group(2));
            }
        }
        assertThat(open).isEmpty();
    }
}
