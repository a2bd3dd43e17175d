package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.WorkQueue;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

/** OpenAI's {@code POST /v1/images/generations}. */
public final class Images {

    private static final int SEED_BITS = 31;

    private final Models models;
    private final Limits limits;
    private final SecureRandom random = new SecureRandom();

    public Images(Models models, Limits limits) {
        this.models = models;
        this.limits = limits;
    }

    /**
     * One request, queued or answered.
     *
     * @param answer the image or an error in OpenAI's envelope; never fails
     * @param cancel what to run when the client leaves
     */
    public record Generation(CompletableFuture<Answer> answer, Runnable cancel) {

        private static Generation answered(Answer answer) {
            return new Generation(CompletableFuture.completedFuture(answer), () -> { });
        }
    }

    /**
     * Reads the body, which takes as long as the client does, and queues the generation.
     *
     * @param body JSON
     * @param accept the request's {@code Accept}, may be null
     */
    public Generation generate(InputStream body, String accept) {
        try {
            ImageRequest request = read(body);
            return generate(request, models.resolve(request.model()), accept);
        } catch (RuntimeException e) {
            return Generation.answered(OpenAiErrors.answer(e));
        }
    }

    /** As {@link #generate(InputStream, String)}, where something else than the body said which pipeline. */
    public Generation generate(InputStream body, String accept, ServedPipeline pipeline) {
        try {
            ImageRequest request = read(body);
            if (request.model() != null && !request.model().equals(pipeline.name())) {
                throw new FieldException("model", "invalid_value", "model must be left out or be " + pipeline.name());
            }
            return generate(request, pipeline, accept);
        } catch (RuntimeException e) {
            return Generation.answered(OpenAiErrors.answer(e));
        }
    }

    private ImageRequest read(InputStream body) {
        return ImageRequest.parse(Bodies.read(body, limits.bodyBytes()), limits);
    }

    private Generation generate(ImageRequest request, ServedPipeline pipeline, String accept) {
        try {
            boolean png = PngAnswer.wanted(accept);
            check(request, pipeline, png);
            GenerationRequest generation = toGeneration(request, pipeline);
            Scheduler scheduler = scheduler(generation, pipeline);
            // distilled models take few steps
            checked("num_inference_steps", () -> scheduler.calls(generation.steps()));
            WorkQueue.Ticket<GenerationResult> ticket = pipeline.generate(generation);
            return new Generation(ticket.result()
                    .thenApply(result -> png ? PngAnswer.of(result, generation) : ImagesAnswer.of(result, generation, pipeline))
                    .exceptionally(e -> error(e, pipeline)), ticket::cancel);
        } catch (RuntimeException e) {
            return Generation.answered(error(e, pipeline));
        }
    }

    private static Answer error(Throwable thrown, ServedPipeline pipeline) {
        Answer answer = OpenAiErrors.answer(thrown);
        return pipeline.encoderVersion().map(version -> answer.with(PngAnswer.ENCODER_HEADER, version)).orElse(answer);
    }

    private static void check(ImageRequest request, ServedPipeline pipeline, boolean png) {
        if (png && request.n() != 1) {
            throw new FieldException("n", "invalid_value", "n must be 1 with Accept: image/png");
        }
        if (request.size() != null) {
            checked("size", () -> pipeline.checkSize(request.size()));
        }
    }

    private static void checked(String field, Runnable check) {
        try {
            check.run();
        } catch (IllegalArgumentException e) {
            throw new FieldException(field, "invalid_value", field + ": " + e.getMessage());
        }
    }

    private static Scheduler scheduler(GenerationRequest generation, ServedPipeline pipeline) {
        Scheduler own = pipeline.pipeline().components().scheduler();
        try {
            return generation.scheduler() == null ? own : own.as(generation.scheduler());
        } catch (IllegalArgumentException e) {
            // the reason names the server's files
            throw new FieldException("scheduler", "invalid_value", "scheduler " + generation.scheduler() + " cannot run model " + pipeline.name()
                    + "; leave it out for the model's own");
        }
    }

    private GenerationRequest toGeneration(ImageRequest request, ServedPipeline pipeline) {
        long first = request.seed() == null ? random.nextLong(1L << SEED_BITS) : request.seed();
        List<Long> seeds = LongStream.range(first, first + request.n()).boxed().toList();
        return new GenerationRequest(request.prompt(), request.negativePrompt(), seeds,
                request.steps() == null ? pipeline.settings().numInferenceSteps() : request.steps(),
                request.guidanceScale() == null ? pipeline.settings().guidanceScale() : request.guidanceScale(), request.size(), request.scheduler());
    }
}
