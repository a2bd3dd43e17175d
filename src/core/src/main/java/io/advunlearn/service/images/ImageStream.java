package io.advunlearn.service.images;

import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.json.ServerSentEvents;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * One generation as OpenAI's events: {@code image_generation.partial_image} at even distances of steps, {@code image_generation.completed} or
 * {@code error}, and comments in between, so that nothing on the way takes the connection for dead.
 */
final class ImageStream implements StepListener {

    static final Duration HEARTBEAT = Duration.ofSeconds(10);

    private final ServerSentEvents events = new ServerSentEvents();
    private final ImagesAnswer answer;
    private final int partialImages;
    private final Executor later;
    private String encoderVersion;
    private int sent;

    /** @param partialImages images before the final one, where there are as many steps */
    ImageStream(ImagesAnswer answer, int partialImages, Duration heartbeat) {
        this.answer = answer;
        this.partialImages = partialImages;
        later = CompletableFuture.delayedExecutor(heartbeat.toMillis(), TimeUnit.MILLISECONDS);
        later.execute(this::beat);
    }

    ServerSentEvents events() {
        return events;
    }

    private void beat() {
        if (events.comment("heartbeat")) {
            later.execute(this::beat);
        }
    }

    @Override
    public void onEncoder(String version) {
        encoderVersion = version;
    }

    @Override
    public void onStep(int step, int total) {
        // images are all that a client is told
    }

    @Override
    public boolean wantsPreview(int step, int total) {
        for (int i = 1; i <= partialImages; i++) {
            if (step < total && step == (int) ((long) i * total / (partialImages + 1))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void onPreview(int step, int total, List<RgbImage> images) {
        send("image_generation.partial_image", answer.partial(sent++, images.get(0), encoderVersion));
    }

    /** @param images {@code null} if it failed */
    void finish(FilteredImages images, Throwable failure) {
        try {
            if (failure != null) {
                throw failure;
            }
            send("image_generation.completed", answer.completed(images));
        } catch (Throwable e) {
            send("error", OpenAiErrors.envelope(e));
        } finally {
            events.end();
        }
    }

    private void send(String type, Map<String, Object> fields) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("type", type);
        event.putAll(fields);
        events.event(type, event);
    }
}
