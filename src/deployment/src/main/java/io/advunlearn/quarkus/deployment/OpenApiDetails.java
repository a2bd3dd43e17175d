package io.advunlearn.quarkus.deployment;

import io.smallrye.openapi.api.SmallRyeOpenAPI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.Paths;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;

/**
 * Puts bodies, answers and examples of the extension's operations into an application's document, from {@code openapi.yaml} beside this class.
 * What an operation is called and where it is comes from the resources: what they do not have is not told.
 */
final class OpenApiDetails implements OASFilter {

    private static final String ADMIN = "/admin/advunlearn";
    /** The resource that answers whatever else is asked for. */
    private static final String ANYTHING_ELSE = ADMIN + "/{path}";

    /** How the scan describes our event streams before they are described here. */
    private static final List<String> JAX_RS_EVENTS = List.of("OutboundSseEvent", "MediaType");

    private final OpenAPI details = SmallRyeOpenAPI.builder().withCustomStaticFile(() -> OpenApiDetails.class.getResourceAsStream("openapi.yaml"))
            .enableModelReader(false).enableStandardStaticFiles(false).enableAnnotationScan(false).enableStandardFilter(false)
            .withApplicationClassLoader(OpenApiDetails.class.getClassLoader()).build().model();

    @Override
    public void filterOpenAPI(OpenAPI document) {
        if (document.getPaths() == null || document.getPaths().getPathItems() == null) {
            return;
        }
        Map<String, PathItem> items = new LinkedHashMap<>();
        Map<String, PathItem> others = new LinkedHashMap<>();
        document.getPaths().getPathItems().forEach((path, item) -> {
            String known = details.getPaths().getPathItems().keySet().stream().filter(path::endsWith).findFirst().orElse(null);
            if (known != null) {
                describe(item, details.getPaths().getPathItem(known), known.startsWith(ADMIN));
                // The management port knows no root path of the application.
                items.put(known.startsWith(ADMIN) ? known : path, item);
            } else if (!path.endsWith(ANYTHING_ELSE)) {
                items.put(path, item);
                others.put(path, item);
            }
        });
        Paths paths = OASFactory.createPaths();
        items.forEach(paths::addPathItem);
        document.setPaths(paths);
        details.getTags().stream().filter(tag -> isUsed(tag.getName(), items)).forEach(document::addTag);
        addComponents(document);
        if (!referToEvents(others)) {
            JAX_RS_EVENTS.forEach(document.getComponents()::removeSchema);
        }
    }

    /** Whether the application has event streams of its own. */
    private static boolean referToEvents(Map<String, PathItem> items) {
        return items.values().stream().flatMap(item -> item.getOperations().values().stream()).map(Operation::getResponses).filter(Objects::nonNull)
                .map(APIResponses::getAPIResponses).filter(Objects::nonNull).flatMap(responses -> responses.values().stream())
                .map(APIResponse::getContent).filter(Objects::nonNull).map(Content::getMediaTypes).filter(Objects::nonNull)
                .flatMap(types -> types.values().stream()).map(MediaType::getSchema).filter(Objects::nonNull)
                .flatMap(schema -> Stream.of(schema, schema.getItems() == null ? schema : schema.getItems()))
                .anyMatch(schema -> schema.getRef() != null && JAX_RS_EVENTS.stream().anyMatch(schema.getRef()::endsWith));
    }

    private static boolean isUsed(String tag, Map<String, PathItem> items) {
        return items.values().stream().flatMap(item -> item.getOperations().values().stream())
                .anyMatch(operation -> operation.getTags() != null && operation.getTags().contains(tag));
    }

    private static void describe(PathItem item, PathItem known, boolean admin) {
        item.getOperations().keySet().forEach(method -> {
            Operation operation = known.getOperations().get(method);
            if (operation != null) {
                item.setOperation(method, admin ? secured(operation) : operation);
            }
        });
        if (admin) {
            item.setServers(List.of(OASFactory.createServer().url("http://localhost:9000").description("The management port")));
        }
        item.setParameters(null);
    }

    private static Operation secured(Operation operation) {
        return operation.tags(List.of("Admin")).security(List.of(OASFactory.createSecurityRequirement().addScheme("AdvUnlearnAdminKey")));
    }

    private void addComponents(OpenAPI document) {
        Components all = document.getComponents() == null ? OASFactory.createComponents() : document.getComponents();
        Components own = details.getComponents();
        own.getSchemas().forEach(all::addSchema);
        own.getResponses().forEach(all::addResponse);
        own.getParameters().forEach(all::addParameter);
        own.getRequestBodies().forEach(all::addRequestBody);
        own.getSecuritySchemes().forEach(all::addSecurityScheme);
        document.setComponents(all);
    }
}
