package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.RateLimiter;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.WorkQueue;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.LongStream;

/** OpenAI's {@code POST /v1/images/generations}. */
public final class Images {

    private static final int SEED_BITS = 31;

    private final Models models;
    private final Limits limits;
    private final RateLimiter limiter;
    private final Identity caller;
    private final SecureRandom random;

    /** Without limits of single clients. */
    public Images(Models models, Limits limits) {
        this(models, limits, new RateLimiter(RateLimits.NONE));
    }

    /** For clients of whom nothing is known, see {@link #as}. */
    public Images(Models models, Limits limits, RateLimiter limiter) {
        this(models, limits, limiter, new SecureRandom(), Identity.anonymous(null));
    }

    private Images(Models models, Limits limits, RateLimiter limiter, SecureRandom random, Identity caller) {
        this.models = models;
        this.limits = limits;
        this.limiter = limiter;
        this.random = random;
        this.caller = caller;
    }

    /** The same for requests of somebody, whose encoder and whose limits then count. */
    public Images as(Identity client) {
        return new Images(models, limits, limiter, random, client);
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
        return limited(admission -> {
            ImageRequest request = read(body, admission);
            return generate(request, models.resolve(request.model()), accept);
        });
    }

    /** As {@link #generate(InputStream, String)}, where something else than the body said which pipeline. */
    public Generation generate(InputStream body, String accept, ServedPipeline pipeline) {
        return limited(admission -> {
            ImageRequest request = read(body, admission);
            if (request.model() != null && !request.model().equals(pipeline.name())) {
                throw new FieldException("model", "invalid_value", "model must be left out or be " + pipeline.name());
            }
            return generate(request, pipeline, accept);
        });
    }

    /** Within the caller's limits; its place is free again when the answer is there. */
    private Generation limited(Function<RateLimiter.Admission, Generation> work) {
        try {
            RateLimiter.Admission admission = limiter.admit(caller);
            try {
                Generation generation = work.apply(admission);
                generation.answer().whenComplete((answer, failure) -> admission.close());
                return generation;
            } catch (RuntimeException e) {
                admission.close();
                throw e;
            }
        } catch (RuntimeException e) {
            return Generation.answered(OpenAiErrors.answer(e));
        }
    }

    private ImageRequest read(InputStream body, RateLimiter.Admission admission) {
        ImageRequest request = ImageRequest.parse(Bodies.read(body, limits.bodyBytes()), limits);
        admission.images(request.n());
        return request;
    }

    private Generation generate(ImageRequest request, ServedPipeline pipeline, String accept) {
        try {
            boolean png = PngAnswer.wanted(accept);
            check(request, pipeline, png);
            GenerationRequest generation = toGeneration(request, pipeline);
            Scheduler scheduler = scheduler(generation, pipeline);
            // distilled models take few steps
            checked("num_inference_steps", () -> scheduler.calls(generation.steps()));
            WorkQueue.Ticket<GenerationResult> ticket = pipeline.generate(generation, caller);
            return new Generation(ticket.result()
                    .thenApply(result -> png ? PngAnswer.of(result, generation) : ImagesAnswer.of(result, generation, pipeline))
                    .exceptionally(e -> error(e, pipeline)), ticket::cancel);
        } catch (RuntimeException e) {
            return Generation.answered(error(e, pipeline));
        }
    }

    private Answer error(Throwable thrown, ServedPipeline pipeline) {
        Answer answer = OpenAiErrors.answer(thrown);
        return pipeline.encoderVersion(caller).map(version -> answer.with(PngAnswer.ENCODER_HEADER, version)).orElse(answer);
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
