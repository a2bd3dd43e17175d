package io.advunlearn.gateway.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.gateway.ChildGateway;
import io.advunlearn.gateway.EncoderFixture;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.Garbage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} in the middle of everything that changes the registry, again and again on the same one. {@code -Dadvunlearn.kill.seed} chooses other moments and
 * other work, {@code -Dadvunlearn.kill.rounds} how many.
 */
class KilledGatewayIT {

    private static final long SEED = Long.getLong("advunlearn.kill.seed", 1);
    private static final String WEAK = "weak";
    private static final int STRONG = 3;

    @Test
    void everyRestartHasAllThatWasAnswered() throws Exception {
        kill(List.of(OperatorWork.Kind.UPLOAD, OperatorWork.Kind.PROMOTE, OperatorWork.Kind.DELETE));
    }

    @Test
    @Tag("slow")
    void fiftyTimes() throws Exception {
        Random random = new Random(SEED);
        List<OperatorWork.Kind> rounds = new ArrayList<>();
        while (rounds.size() < Integer.getInteger("advunlearn.kill.rounds", 50)) {
            List<OperatorWork.Kind> all = new ArrayList<>(List.of(OperatorWork.Kind.values()));
            Collections.shuffle(all, random);
            rounds.addAll(all);
        }
        kill(rounds.subList(0, Integer.getInteger("advunlearn.kill.rounds", 50)));
    }

    private static void kill(List<OperatorWork.Kind> rounds) throws Exception {
        try (ChildGateway gateway = ChildGateway.stopped("-Dquarkus.advunlearn.pipelines.emoji-sd.required-erasures=church",
                "-Dquarkus.advunlearn.pipelines.emoji-sd.encoder=strong-0")) {
            RegistryModel model = new RegistryModel();
            fill(gateway, model);
            gateway.start();
            model.starts("strong-0", 1);
            OperatorWork work = new OperatorWork(gateway, model, WEAK, new Random(SEED));
            check(gateway, model, work);
            for (int round = 0; round < rounds.size(); round++) {
                try {
                    killDuring(rounds.get(round), gateway, work);
                    gateway.start();
                    check(gateway, model, work);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError("round " + round + " of seed " + SEED + ", killed during " + rounds.get(round) + ": " + e.getMessage(), e);
                }
            }
            for (String erasure : model.erasures()) {
                gateway.awaitJob("/erasures/" + erasure, job -> job.path("state").asText().equals("succeeded"));
            }
            check(gateway, model, work);
            gateway.close();
            assertNothingIsLeft(gateway, model);
        }
    }

    private static void fill(ChildGateway gateway, RegistryModel model) throws IOException {
        EncoderRegistry registry = new FileEncoderRegistry(gateway.registry(), "before");
        for (int i = 0; i <= STRONG; i++) {
            String id = i == STRONG ? WEAK : "strong-" + i;
            List<String> erasures = i == STRONG ? List.of() : List.of("church");
            Path folder = EncoderFixture.scaled(gateway.imports().resolve(id), 1 + 0.01f * (i + 1));
            model.registers(id, registry.register(folder, new EncoderRegistry.Registration(id, null, null, erasures, "imported", "test", null, new float[0])).digest());
            model.registered();
        }
    }

    /** Between the work's beginning and a little after its usual end. */
    private static void killDuring(OperatorWork.Kind kind, ChildGateway gateway, OperatorWork work) throws Exception {
        work.prepare(kind);
        ExecutorService operator = Executors.newFixedThreadPool(2);
        try {
            Future<?> running = operator.submit(() -> untilKilled(kind, work));
            Future<?> drawing = operator.submit(() -> draw(gateway, work));
            Thread.sleep(work.moment(kind));
            gateway.kill();
            running.get(1, TimeUnit.MINUTES);
            drawing.get(1, TimeUnit.MINUTES);
        } finally {
            operator.shutdownNow();
        }
    }

    private static Void untilKilled(OperatorWork.Kind kind, OperatorWork work) throws InterruptedException {
        try {
            work.run(kind);
        } catch (AdminCalls.Unanswered e) {
            // the process is gone
        }
        return null;
    }

    /** Until the process is gone. */
    private static Void draw(ChildGateway gateway, OperatorWork work) throws Exception {
        try {
            for (long seed = 0;; seed++) {
                assertThat(gateway.images().generate("a dog", seed, 1).encoder()).isNotIn(WEAK, "base");
            }
        } catch (IOException e) {
            return null;
        }
    }

    private static void check(ChildGateway gateway, RegistryModel model, OperatorWork work) throws Exception {
        AdminCalls admin = work.admin();
        var verified = admin.get("/registry/verify");
        assertThat(verified.path("ok").asBoolean()).as("%s", verified).isTrue();
        model.checkErasures(admin.get("/erasures").path("erasures"));
        model.checkServed(admin.get("/pipelines/" + ChildGateway.PIPELINE + "/text-encoder"));
        assertThat(gateway.images().generate("a dog", 1, 1).encoder()).isEqualTo(model.served());
        work.finishUpload();
        model.checkEncoders(admin.get("/encoders").path("encoders"));
        assertThat(gateway.log().lines().filter(line -> line.startsWith("\tat "))).as("stack traces in the log after a restart").isEmpty();
    }

    /** Once nobody is at work, what kills have left can all be collected, and the audit log has every promotion that was answered. */
    private static void assertNothingIsLeft(ChildGateway gateway, RegistryModel model) throws Exception {
        Process verify = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", System.getProperty("advunlearn.gateway.jar"),
                "registry", "verify", "--registry", gateway.registry().toString()).redirectErrorStream(true).start();
        String told = new String(verify.getInputStream().readAllBytes());
        assertThat(verify.waitFor()).as(told).isZero();
        FileEncoderRegistry registry = new FileEncoderRegistry(gateway.registry(), "cleaner", Duration.ZERO);
        registry.collect(new Garbage.Ages(Duration.ofDays(30), Duration.ZERO, Duration.ZERO), "cleaner");
        try (Stream<Path> files = Files.walk(gateway.registry())) {
            assertThat(files.filter(file -> file.getFileName().toString().matches("\\.(tmp|deleted)-.*"))).isEmpty();
        }
        List<String> outcomes = registry.auditTrail(Integer.MAX_VALUE).stream().map(EncoderRegistry.AuditEntry::outcome).toList();
        assertThat(outcomes).containsAll(model.promotions().stream().map(generation -> "generation " + generation).toList());
    }
}
