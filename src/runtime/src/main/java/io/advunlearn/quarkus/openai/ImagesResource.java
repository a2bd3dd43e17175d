package io.advunlearn.quarkus.openai;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.json.Bodies;
import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.serving.ImageSize;
import io.advunlearn.quarkus.serving.ServedPipeline;
import io.advunlearn.quarkus.serving.WorkQueue;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;

/** OpenAI's image API. */
@Path("/v1/images/generations")
public class ImagesResource {

    private static final int SEED_BITS = 31;

    private final AdvUnlearnConfig config;
    private final Models models;
    private final SecureRandom random = new SecureRandom();

    ImagesResource(AdvUnlearnConfig config, Models models) {
        this.config = config;
        this.models = models;
    }

    /** The body is read by hand, so that whatever is wrong with it is answered in OpenAI's envelope. */
    @POST
    @Consumes(MediaType.WILDCARD)
    @Blocking
    public CompletionStage<Response> generate(InputStream body, @Context HttpHeaders headers, @Context RoutingContext context) {
        try {
            ImageRequest request = ImageRequest.parse(Bodies.read(body, config.limits().bodySize().asLongValue()), config.limits());
            return generate(request, models.resolve(request.model()), headers, context);
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(OpenAiAnswers.error(e).build());
        }
    }

    private CompletionStage<Response> generate(ImageRequest request, ServedPipeline pipeline, HttpHeaders headers, RoutingContext context) {
        try {
            boolean png = PngAnswer.wanted(headers);
            check(request, pipeline, png);
            GenerationRequest generation = toGeneration(request, pipeline);
            WorkQueue.Ticket<GenerationResult> ticket = pipeline.generate(generation);
            cancelWhenTheClientLeaves(context, ticket);
            return ticket.result().thenApply(result -> png ? PngAnswer.of(result, generation) : ImagesAnswer.of(result, generation, pipeline))
                    .exceptionally(e -> error(e, pipeline));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(error(e, pipeline));
        }
    }

    private static void cancelWhenTheClientLeaves(RoutingContext context, WorkQueue.Ticket<?> ticket) {
        context.addEndHandler(end -> {
            if (end.failed()) {
                ticket.cancel();
            }
        });
        // It may have left before the handler was there.
        if (context.response().closed()) {
            ticket.cancel();
        }
    }

    private static Response error(Throwable thrown, ServedPipeline pipeline) {
        Response.ResponseBuilder answer = OpenAiAnswers.error(thrown);
        pipeline.encoderVersion().ifPresent(version -> answer.header(PngAnswer.ENCODER_HEADER, version));
        return answer.build();
    }

    private static void check(ImageRequest request, ServedPipeline pipeline, boolean png) {
        if (png && request.n() != 1) {
            throw new FieldException("n", "invalid_value", "n must be 1 with Accept: image/png");
        }
        if (request.size() != null) {
            String size = pipeline.imageSize().map(ImageSize::toString).orElse("auto");
            if (!request.size().equals(size)) {
                throw new FieldException("size", "invalid_value", "size must be " + size + " or auto for model " + pipeline.name());
            }
        }
    }

    private GenerationRequest toGeneration(ImageRequest request, ServedPipeline pipeline) {
        long first = request.seed() == null ? random.nextLong(1L << SEED_BITS) : request.seed();
        List<Long> seeds = LongStream.range(first, first + request.n()).boxed().toList();
        return new GenerationRequest(request.prompt(), request.negativePrompt(), seeds,
                request.steps() == null ? pipeline.config().numInferenceSteps() : request.steps(),
                request.guidanceScale() == null ? pipeline.config().guidanceScale() : request.guidanceScale());
    }
}
