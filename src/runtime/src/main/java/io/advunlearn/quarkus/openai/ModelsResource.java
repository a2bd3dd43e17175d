package io.advunlearn.quarkus.openai;

import io.advunlearn.quarkus.access.PublicApi;
import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.images.Models;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;

/** OpenAI's list of models: the configured pipelines. */
@Path("/v1/models")
@PublicApi
@Blocking
public class ModelsResource {

    private final Models models;

    ModelsResource(AdvUnlearnService service) {
        models = service.models();
    }

    @GET
    public Response list() {
        return Responses.of(models.list());
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(models.get(id));
    }
}
