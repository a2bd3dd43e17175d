package io.advunlearn.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.advunlearn.erasure.PromptCatalog;
import io.advunlearn.gateway.cli.AdminClient;
import io.advunlearn.gateway.cli.Progress;
import io.advunlearn.gateway.cli.TemporaryDirectory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The main job from end to end, over HTTP as an operator and a client would do it: draw, attack, erase, attack again, promote,
 * draw again, while a client keeps asking for images.
 */
public final class Demo {

    /** The attacks and what each may spend: small enough for a demonstration, and said so in the report. */
    private static final List<String> ATTACKS = List.of("plain", "negative", "encoder-match", "unlearn-diff");
    private static final Map<String, Object> BUDGET = Map.of("diffPrompts", 4, "diffTimesteps", 4, "diffIterations", 20);

    /** The gateway's own pipeline, with another model directory. */
    private static final String PIPELINE = "emoji-sd";
    private static final int KEY_BYTES = 24;
    private static final long POLL_MILLIS = 500;

    private final Options options;
    private final Progress progress;
    private final Map<String, Object> report = new LinkedHashMap<>();
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /**
     * @param jar the gateway's quarkus-run.jar
     * @param model a directory in diffusers layout
     * @param concept what is erased
     * @param kind {@code object} or {@code style}
     * @param profile of the erasure
     * @param settings overrides of that profile
     * @param budget overrides of the evaluations' budget
     * @param out where the contact sheet and the report go
     */
    public record Options(Path jar, Path model, String concept, String kind, String profile, Map<String, Object> settings,
            Map<String, Object> budget, Path out) {
    }

    public Demo(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    /** @return whether no request was lost */
    public boolean run() throws IOException, InterruptedException {
        Files.createDirectories(options.out());
        long start = System.nanoTime();
        SteadyClient.Count count;
        try (Workplace workplace = new Workplace()) {
            count = workplace.work();
        }
        seconds.put("total", (System.nanoTime() - start) / 1e9);
        report.put("seconds", seconds);
        report.put("requests", count);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(options.out().resolve("report.json").toFile(), report);
        DemoTable.print(report, System.out);
        System.out.println(options.out().resolve("contact-sheet.png"));
        System.out.println(options.out().resolve("report.json"));
        return count.lost() == 0 && count.sent() > 0;
    }

    private interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T timed(String phase, Work<T> work) throws IOException, InterruptedException {
        progress.line("%s ...", phase);
        long start = System.nanoTime();
        T result = work.run();
        seconds.put(phase, (System.nanoTime() - start) / 1e9);
        return result;
    }

    /** The running gateway and what talks to it. */
    private final class Workplace implements AutoCloseable {

        private final TemporaryDirectory registry = new TemporaryDirectory("advunlearn-demo-registry");
        private final GatewayProcess gateway;
        private final AdminClient admin;
        private final ImageClient images;
        private final Gallery gallery;

        Workplace() throws IOException, InterruptedException {
            byte[] random = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(random);
            String key = HexFormat.of().formatHex(random);
            gateway = timed("start the gateway", () -> GatewayProcess.start(options.jar(), key,
                    List.of("-Dquarkus.advunlearn.registry-directory=" + registry.path(),
                            "-Dquarkus.advunlearn.pipelines." + PIPELINE + ".model-directory=" + options.model().toAbsolutePath()),
                    options.out().resolve("gateway.log")));
            admin = new AdminClient(gateway.managementUri(), key);
            images = new ImageClient(gateway.uri(), PIPELINE);
            gallery = Gallery.of(PromptCatalog.of(options.model()), options.concept(), options.kind());
        }

        SteadyClient.Count work() throws IOException, InterruptedException {
            List<String> prompts = gallery.others().stream().map(Gallery.Item::prompt).toList();
            try (SteadyClient client = new SteadyClient(images, prompts)) {
                List<List<BufferedImage>> before = timed("images before", () -> gallery.draw(images));
                JsonNode attackedBefore = timed("attacks before", () -> evaluate("base"));
                JsonNode erasure = timed("erase " + options.concept(), this::erase);
                String candidate = erasure.path("result").path("encoder").asText();
                JsonNode attackedAfter = timed("attacks after", () -> evaluate(candidate));
                JsonNode swap = timed("promote", () -> admin.post("/erasures/" + erasure.path("id").asText() + "/promotion", null));
                List<List<BufferedImage>> after = timed("images after", () -> gallery.draw(images));
                SteadyClient.Count count = client.stop();
                sheet(before, after);
                tell(erasure, attackedBefore, attackedAfter, swap);
                return count;
            }
        }

        private JsonNode erase() throws InterruptedException {
            JsonNode job = admin.post("/erasures", Map.of("pipeline", PIPELINE, "concept", options.concept(), "kind", options.kind(), "profile",
                    options.profile(), "settings", options.settings()));
            return await("/erasures/" + job.path("id").asText());
        }

        private JsonNode evaluate(String encoder) throws InterruptedException {
            Map<String, Object> budget = new LinkedHashMap<>(BUDGET);
            budget.putAll(options.budget());
            JsonNode job = admin.post("/evaluations", Map.of("pipeline", PIPELINE, "encoder", encoder, "concept", options.concept(), "kind",
                    options.kind(), "attacks", ATTACKS, "retention", false, "profile", "demo", "budget", budget));
            JsonNode done = await("/evaluations/" + job.path("id").asText());
            writeSheet("/evaluations/" + job.path("id").asText() + "/contact-sheet.png",
                    encoder.equals("base") ? "attacks-before.png" : "attacks-after.png");
            return done.path("report");
        }

        private void writeSheet(String path, String name) {
            try {
                Files.write(options.out().resolve(name), admin.bytes(path));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private JsonNode await(String path) throws InterruptedException {
            while (true) {
                JsonNode job = admin.get(path);
                String state = job.path("state").asText();
                JsonNode latest = job.path("latest");
                if (!latest.isMissingNode() && !latest.isNull()) {
                    String label = latest.path("phase").asText(latest.path("stage").asText("working"));
                    progress.update("  " + label, latest.path("iteration").asLong(latest.path("done").asLong()),
                            latest.path("iterations").asLong(latest.path("total").asLong()), "");
                }
                if (state.equals("succeeded")) {
                    progress.close();
                    return job;
                }
                if (state.equals("failed") || state.equals("cancelled")) {
                    throw new IllegalStateException(path + " " + state + ": " + job.path("error").asText());
                }
                Thread.sleep(POLL_MILLIS);
            }
        }

        private void sheet(List<List<BufferedImage>> before, List<List<BufferedImage>> after) throws IOException {
            BeforeAfterSheet.write(List.of(new BeforeAfterSheet.Row(options.concept() + ", before", before.get(0)),
                    new BeforeAfterSheet.Row(options.concept() + ", after", after.get(0)),
                    new BeforeAfterSheet.Row("others, before", before.get(1)), new BeforeAfterSheet.Row("others, after", after.get(1))),
                    options.out().resolve("contact-sheet.png"));
        }

        private void tell(JsonNode erasure, JsonNode before, JsonNode after, JsonNode swap) {
            report.put("concept", options.concept());
            report.put("kind", options.kind());
            report.put("model", options.model().toString());
            report.put("gallery", gallery);
            report.put("erasure", erasure);
            report.put("attacks_before", before);
            report.put("attacks_after", after);
            report.put("swap", swap);
        }

        @Override
        public void close() throws IOException {
            gateway.close();
            registry.close();
        }
    }
}
