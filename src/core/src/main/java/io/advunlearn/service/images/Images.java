package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.ServerSentEvents;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.RateLimiter;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.WorkQueue;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** OpenAI's {@code POST /v1/images/generations}. */
public final class Images {

    /** What a stream begins with. Which encoder draws is known later, so its events say it. */
    private static final Answer STREAM = new Answer(200, ServerSentEvents.MEDIA_TYPE,
            Map.of("Cache-Control", "no-cache", "X-Accel-Buffering", "no"), new byte[0]);

    private final Models models;
    private final Limits limits;
    private final RateLimiter limiter;
    private final Identity caller;

    /** Without limits of single clients. */
    public Images(Models models, Limits limits) {
        this(models, limits, new RateLimiter(RateLimits.NONE));
    }

    /** For clients of whom nothing is known, see {@link #as}. */
    public Images(Models models, Limits limits, RateLimiter limiter) {
        this(models, limits, limiter, Identity.anonymous(null));
    }

    private Images(Models models, Limits limits, RateLimiter limiter, Identity caller) {
        this.models = models;
        this.limits = limits;
        this.limiter = limiter;
        this.caller = caller;
    }

    /** The same for requests of somebody, whose encoder and whose limits then count. */
    public Images as(Identity client) {
        return new Images(models, limits, limiter, client);
    }

    /**
     * One request, queued or answered.
     *
     * @param answer the images or an error in OpenAI's envelope; never fails
     * @param events the answer's body if it is a stream: then the answer is already there, without a body of its own
     * @param done when the request takes no place any more, however it ended; of a stream, after the answer
     * @param cancel what to run when the client leaves
     */
    public record Generation(CompletableFuture<Answer> answer, Optional<ServerSentEvents> events, CompletableFuture<?> done, Runnable cancel) {

        private static Generation answered(Answer answer) {
            return whole(CompletableFuture.completedFuture(answer), () -> { });
        }

        private static Generation whole(CompletableFuture<Answer> answer, Runnable cancel) {
            return new Generation(answer, Optional.empty(), answer, cancel);
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

    /** As {@link #generate(InputStream, String)}, where something else than the body said which pipeline, and only whole answers can be sent. */
    public Generation generate(InputStream body, String accept, ServedPipeline pipeline) {
        return limited(admission -> {
            ImageRequest request = read(body, admission);
            if (request.model() != null && !request.model().equals(pipeline.name())) {
                throw new FieldException("model", "invalid_value", "model must be left out or be " + pipeline.name());
            }
            if (request.output().stream()) {
                throw new FieldException("stream", "unsupported_value", "stream must be false here; POST /v1/images/generations sends streams");
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
                generation.done().whenComplete((nothing, failure) -> admission.close());
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
        admission.images(request.images().n());
        return request;
    }

    private Generation generate(ImageRequest request, ServedPipeline pipeline, String accept) {
        try {
            String raw = RawImageAnswer.format(accept, request.output().format());
            check(request, pipeline, raw);
            GenerationRequest generation = ImageChecks.checked(request.images(), pipeline);
            ImagesAnswer answer = answer(request, generation, raw, pipeline);
            return request.output().stream() ? streamed(generation, answer, request.output().partialImages(), pipeline)
                    : whole(generation, raw == null ? answer::json : answer::raw, pipeline);
        } catch (RuntimeException e) {
            return Generation.answered(error(e, pipeline));
        }
    }

    private Generation whole(GenerationRequest generation, Function<FilteredImages, Answer> answer, ServedPipeline pipeline) {
        WorkQueue.Ticket<FilteredImages> ticket = pipeline.draw(generation, caller, StepListener.NONE);
        return Generation.whole(ticket.result().thenApply(answer).exceptionally(e -> error(e, pipeline)), ticket::cancel);
    }

    private Generation streamed(GenerationRequest generation, ImagesAnswer answer, int partialImages, ServedPipeline pipeline) {
        ImageStream stream = new ImageStream(answer, partialImages, ImageStream.HEARTBEAT);
        try {
            WorkQueue.Ticket<FilteredImages> ticket = pipeline.draw(generation, caller, stream);
            return new Generation(CompletableFuture.completedFuture(STREAM), Optional.of(stream.events()),
                    ticket.result().whenComplete(stream::finish), ticket::cancel);
        } catch (RuntimeException e) {
            stream.events().end();
            throw e;
        }
    }

    private Answer error(Throwable thrown, ServedPipeline pipeline) {
        Answer answer = OpenAiErrors.answer(thrown);
        return pipeline.encoderVersion(caller).map(version -> answer.with(ImageFormat.ENCODER, version)).orElse(answer);
    }

    private static ImagesAnswer answer(ImageRequest request, GenerationRequest generation, String raw, ServedPipeline pipeline) {
        PipelineComponents parts = pipeline.pipeline().components();
        String said = request.output().format();
        String format = raw != null ? raw : said != null ? said : ImageFormat.PNG;
        return new ImagesAnswer(pipeline.name(), generation, generation.size() == null ? parts.imageSize() : generation.size(),
                new ImageFormat(format, request.output().compression()), Usage.of(generation, parts));
    }

    /** @param raw the format in which the bytes of one image are wanted, {@code null} for JSON */
    private static void check(ImageRequest request, ServedPipeline pipeline, String raw) {
        boolean stream = request.output().stream();
        if (stream && raw != null) {
            throw new FieldException("stream", "invalid_value", "stream must be false with Accept: image/" + raw);
        }
        if (request.images().n() != 1 && (stream || raw != null)) {
            throw new FieldException("n", "invalid_value", "n must be 1 with " + (stream ? "stream" : "Accept: image/" + raw));
        }
    }
}
