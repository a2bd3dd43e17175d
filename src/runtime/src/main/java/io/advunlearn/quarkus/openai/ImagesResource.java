package io.advunlearn.quarkus.openai;

import io.advunlearn.quarkus.access.Callers;
import io.advunlearn.quarkus.access.PublicApi;
import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.images.Images;
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
import java.util.concurrent.CompletionStage;

/** OpenAI's image API. */
@Path("/v1/images/generations")
@PublicApi
public class ImagesResource {

    private final Images images;

    ImagesResource(AdvUnlearnService service) {
        images = service.images();
    }

    /** The body is read by hand, so that whatever is wrong with it is answered in OpenAI's envelope. */
    @POST
    @Consumes(MediaType.WILDCARD)
    @Blocking
    public CompletionStage<Response> generate(InputStream body, @Context HttpHeaders headers, @Context RoutingContext context) {
        Images.Generation generation = images.as(Callers.caller(context)).generate(body, headers.getHeaderString(HttpHeaders.ACCEPT));
        cancelWhenTheClientLeaves(context, generation);
        return generation.answer().thenApply(answer -> generation.events().map(events -> Responses.of(answer, events)).orElseGet(() -> Responses.of(answer)));
    }

    private static void cancelWhenTheClientLeaves(RoutingContext context, Images.Generation generation) {
        context.addEndHandler(end -> {
            if (end.failed()) {
                generation.cancel().run();
            }
        });
        // It may have left before the handler was there.
        if (context.response().closed()) {
            generation.cancel().run();
        }
    }
}
