package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.gateway.demo.ImageClient;
import io.advunlearn.pipeline.GenerationRequest;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** 300 requests of 4 clients during 20 swaps; then 100 more swaps in the same process. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SwapUnderLoadIT {

    private static final int CLIENTS = 4;
    private static final int REQUESTS = 300;
    private static final int SWAPS = 20;
    private static final int STEPS = 3;
    private static final int SEEDS = 10;
    private static final Map<String, Float> ENCODERS = Map.of("first", 1.01f, "second", 1.05f);
    private static final List<String> PROMPTS = List.of("a church", "a dog on a blue background");

    private static ChildGateway gateway;

    @TempDir
    static Path offline;

    @BeforeAll
    static void start() throws Exception {
        // A heap that is resident from the start: what grows afterwards is native memory.
        gateway = new ChildGateway("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch");
        for (Map.Entry<String, Float> encoder : ENCODERS.entrySet()) {
            gateway.importScaled(encoder.getKey(), encoder.getValue());
        }
        gateway.importScaled("third", 1.03f);
        gateway.promote("second");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private record Drawn(String prompt, long seed, String encoder, BufferedImage image) {
    }

    @Test
    @Order(1)
    void noRequestIsLostAndEveryImageIsWhatItsEncoderMakes() throws Exception {
        AtomicInteger answered = new AtomicInteger();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS + 1);
        List<Future<List<Drawn>>> work = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            int client = c;
            work.add(clients.submit(() -> draw(client, answered)));
        }
        Future<Integer> swaps = clients.submit(() -> swapDuring(answered));
        List<Drawn> drawn = new ArrayList<>();
        for (Future<List<Drawn>> images : work) {
            drawn.addAll(images.get());
        }
        assertThat(swaps.get()).isEqualTo(SWAPS);
        clients.shutdown();
        assertThat(drawn).hasSize(REQUESTS);
        assertThat(drawn).extracting(Drawn::encoder).containsOnly("first", "second");
        compare(drawn);
    }

    private static List<Drawn> draw(int client, AtomicInteger answered) throws Exception {
        ImageClient images = gateway.images();
        List<Drawn> drawn = new ArrayList<>();
        for (int i = 0; i < REQUESTS / CLIENTS; i++) {
            String prompt = PROMPTS.get((client + i) % PROMPTS.size());
            long seed = i % SEEDS;
            ImageClient.Answer answer = images.generate(prompt, seed, STEPS);
            drawn.add(new Drawn(prompt, seed, answer.encoder(), answer.image()));
            answered.incrementAndGet();
        }
        return drawn;
    }

    /** Spreads the swaps over the requests. */
    private static int swapDuring(AtomicInteger answered) throws InterruptedException {
        int done = 0;
        while (done < SWAPS) {
            while (answered.get() < done * REQUESTS / SWAPS) {
                Thread.sleep(5);
            }
            gateway.promote(done % 2 == 0 ? "first" : "second");
            done++;
        }
        return done;
    }

    private static void compare(List<Drawn> drawn) throws Exception {
        List<GenerationRequest> requests = drawn.stream().map(SwapUnderLoadIT::request).distinct().toList();
        OfflineImages expected = OfflineImages.draw(offline, ENCODERS, requests);
        for (Drawn image : drawn) {
            expected.check(request(image), image.encoder(), image.image());
        }
    }

    private static GenerationRequest request(Drawn drawn) {
        return new GenerationRequest(drawn.prompt(), "", List.of(drawn.seed()), STEPS, 5);
    }

    @Test
    @Order(2)
    void aHundredMoreSwapsLeaveResidentMemoryWithinFivePercent() throws Exception {
        long before = settled();
        swapAround(100);
        long after = gateway.residentKilobytes();
        assertThat((double) after / before).as("%d kB before, %d kB after", before, after).isBetween(0.8, 1.05);
    }

    /** Swaps until the compiler and the allocator have settled: memory that a swap leaks grows on, and fails the test. */
    private static long settled() throws Exception {
        long before = 0;
        long after = gateway.residentKilobytes();
        for (int i = 0; i < 6 && (i < 2 || after > 1.01 * before); i++) {
            swapAround(30);
            before = after;
            after = gateway.residentKilobytes();
        }
        return after;
    }

    private static void swapAround(int swaps) throws Exception {
        for (int i = 0; i < swaps; i++) {
            // Three in turn: the slot keeps the one before, so each of these loads its weights anew.
            gateway.promote(List.of("first", "second", "third").get(i % 3));
            if (i % 10 == 0) {
                gateway.images().generate(PROMPTS.get(0), i, STEPS);
            }
        }
    }
}
