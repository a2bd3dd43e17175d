package io.advunlearn.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.gateway.OfflineImages;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** One of the clients: draws, leaves in the middle, sends what is malformed, looks at the models, and does nothing for a moment. */
final class LoadClient implements Runnable {

    /** Of milliseconds between two requests, the most. */
    private static final int THINKING = 700;
    private static final int LEAVES_WITHIN = 250;
    private static final long RETRIES_WITHIN = 1000;

    /** @param status that it must get */
    private record Malformed(String path, String body, int status) { }

    private static final List<Malformed> MALFORMED = List.of(
            new Malformed("/v1/images/generations", "{\"prompt\":", 400),
            new Malformed("/v1/images/generations", "{\"prompt\": \"a dog\", \"encoder\": \"base\"}", 400),
            new Malformed("/v1/images/generations", "{\"prompt\": \"a dog\", \"n\": 11}", 400),
            new Malformed("/v1/images/generations", "{\"prompt\": \"a dog\", \"size\": \"63x64\"}", 400),
            new Malformed("/v1/images/generations", "{\"prompt\": \"a dog\", \"model\": \"nothing\"}", 404),
            new Malformed("/v1/images/generations", "{\"prompt\": \"" + "a".repeat(70_000) + "\"}", 413),
            new Malformed("/v1/models/nothing", "", 404),
            new Malformed("/admin/advunlearn/encoders", "", 404));

    private final ImageApi api;
    private final List<Drawing> mix;
    private final OfflineImages expected;
    private final LoadLog log;
    private final Random random;
    private final BooleanSupplier goesOn;

    LoadClient(URI server, List<Drawing> mix, OfflineImages expected, LoadLog log, long seed, BooleanSupplier goesOn) {
        api = new ImageApi(server);
        this.mix = mix;
        this.expected = expected;
        this.log = log;
        random = new Random(seed);
        this.goesOn = goesOn;
    }

    @Override
    public void run() {
        while (goesOn.getAsBoolean()) {
            try {
                act(random.nextInt(100));
                Thread.sleep(random.nextInt(THINKING));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (IOException | RuntimeException | AssertionError e) {
                log.outcome("wrong");
                log.wrong(e.toString());
            }
        }
    }

    private void act(int chance) throws IOException, InterruptedException {
        if (chance < 8) {
            api.leave(mix.get(random.nextInt(mix.size())), random.nextInt(LEAVES_WITHIN));
            log.outcome("client left");
        } else if (chance < 16) {
            malformed(MALFORMED.get(random.nextInt(MALFORMED.size())));
        } else if (chance < 19) {
            assertThat(api.send("/v1/models", "").status()).isEqualTo(200);
            log.outcome("models 200");
        } else {
            draw(mix.get(random.nextInt(mix.size())));
        }
    }

    private void malformed(Malformed request) throws IOException, InterruptedException {
        ImageApi.Answer answer = api.send(request.path(), request.body());
        assertThat(answer.status()).as("%s", request).isEqualTo(request.status());
        log.outcome("malformed " + answer.status());
    }

    private void draw(Drawing drawing) throws IOException, InterruptedException {
        LoadLog.Phase begun = log.phase();
        long start = System.nanoTime();
        ImageApi.Answer answer = api.draw(drawing);
        double millis = (System.nanoTime() - start) / 1e6;
        log.outcome(drawing.form() + " " + answer.status());
        if (answer.status() == 429) {
            assertThat(answer.text()).contains("rate_limit_exceeded");
            assertThat(answer.retryAfter()).as("Retry-After").isBetween(1L, 60L);
            Thread.sleep(Math.min(RETRIES_WITHIN, 1000 * answer.retryAfter()));
            return;
        }
        assertThat(answer.status()).as("%s: %s", drawing, answer.text()).isEqualTo(200);
        log.drawn(answer.encoder(), begun, millis);
        assertThat(answer.images()).hasSize(drawing.n());
        for (int i = 0; i < drawing.n(); i++) {
            if (drawing.form() == Drawing.Form.JSON_JPEG) {
                expected.checkJpeg(drawing.image(i), answer.encoder(), answer.images().get(i));
            } else {
                expected.check(drawing.image(i), answer.encoder(), answer.images().get(i));
            }
        }
    }
}
