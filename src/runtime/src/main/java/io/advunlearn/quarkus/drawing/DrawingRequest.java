package io.advunlearn.quarkus.drawing;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.quarkus.GeneratedImage;
import io.advunlearn.quarkus.GeneratedImages;
import io.advunlearn.quarkus.TextToImage;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.RequestedImages;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.WorkQueue;
import io.quarkus.runtime.BlockingOperationControl;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

/** A request in the making. Not thread-safe. */
final class DrawingRequest implements TextToImage.Request {

    private final PipelineTextToImage owner;
    private final String prompt;
    private String negativePrompt = "";
    private ImageSize size;
    private Long seed;
    private Integer steps;
    private Double guidanceScale;
    private String scheduler;
    private int images = 1;

    DrawingRequest(PipelineTextToImage owner, String prompt) {
        this.owner = owner;
        this.prompt = prompt;
    }

    @Override
    public TextToImage.Request negativePrompt(String text) {
        negativePrompt = text;
        return this;
    }

    @Override
    public TextToImage.Request size(int width, int height) {
        size = new ImageSize(width, height);
        return this;
    }

    @Override
    public TextToImage.Request seed(long first) {
        seed = first;
        return this;
    }

    @Override
    public TextToImage.Request numInferenceSteps(int number) {
        steps = number;
        return this;
    }

    @Override
    public TextToImage.Request guidanceScale(double scale) {
        guidanceScale = scale;
        return this;
    }

    @Override
    public TextToImage.Request scheduler(String name) {
        scheduler = name;
        return this;
    }

    @Override
    public TextToImage.Request n(int number) {
        images = number;
        return this;
    }

    @Override
    public GeneratedImages generate() {
        if (!BlockingOperationControl.isBlockingAllowed()) {
            throw new IllegalStateException("generate() waits for the picture, which an event loop must not; use generateUni(), or @Blocking");
        }
        Sent sent = send();
        try {
            return sent.answer().get();
        } catch (InterruptedException e) {
            sent.ticket().cancel();
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        }
    }

    private static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException runtime ? runtime : new CompletionException(failure);
    }

    @Override
    public CompletionStage<GeneratedImages> generateAsync() {
        try {
            Sent sent = send();
            sent.answer().whenComplete((drawn, failure) -> {
                if (sent.answer().isCancelled()) {
                    sent.ticket().cancel();
                }
            });
            return sent.answer();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public Uni<GeneratedImages> generateUni() {
        return Uni.createFrom().completionStage(this::generateAsync);
    }

    /** In the queue. */
    private record Sent(WorkQueue.Ticket<FilteredImages> ticket, CompletableFuture<GeneratedImages> answer) { }

    private Sent send() {
        ServedPipeline pipeline = owner.served();
        GenerationRequest request = checked(pipeline);
        WorkQueue.Ticket<FilteredImages> ticket = pipeline.draw(request, Identity.LOCAL);
        return new Sent(ticket, ticket.result().thenApply(drawn -> answer(drawn.result(), request)));
    }

    private GenerationRequest checked(ServedPipeline pipeline) {
        Limits limits = owner.limits();
        characters("prompt", prompt, limits);
        characters("negativePrompt", negativePrompt, limits);
        between("n", images, 1, limits.images());
        if (steps != null) {
            between("numInferenceSteps", steps, 1, limits.steps());
        }
        if (seed != null && seed < 0) {
            throw new IllegalArgumentException("seed must be at least 0, not " + seed);
        }
        if (size != null) {
            pipeline.checkSize(size);
        }
        GenerationRequest request = new RequestedImages(prompt, negativePrompt, images, size, seed, steps, guidanceScale, scheduler).of(pipeline.settings());
        pipeline.checkSteps(request);
        return request;
    }

    private static void characters(String field, String text, Limits limits) {
        if (text == null || text.length() > limits.promptCharacters()) {
            throw new IllegalArgumentException(field + " must be a text of at most " + limits.promptCharacters() + " characters");
        }
    }

    private static void between(String field, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(field + " must be between " + least + " and " + most + ", not " + value);
        }
    }

    private static GeneratedImages answer(GenerationResult result, GenerationRequest request) {
        List<GeneratedImage> pictures = IntStream.range(0, result.images().size()).<GeneratedImage>mapToObj(i -> new Picture(result, request, i)).toList();
        return new GeneratedImages(pictures, result.encoderVersion(), result.generation(), result.cutPrompt());
    }
}
