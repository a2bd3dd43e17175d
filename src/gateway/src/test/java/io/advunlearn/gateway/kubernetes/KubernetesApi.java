package io.advunlearn.gateway.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.JsonParseException;
import io.kubernetes.client.custom.QuantityFormatException;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Map;

/**
 * Checks resources against the schemas of the Kubernetes API (1.33), as the Kubernetes project's Java client carries them: fields that
 * a type does not have, required fields, types.
 */
final class KubernetesApi {

    private static final Map<String, Class<?>> TYPES = Map.of(
            "v1 ConfigMap", V1ConfigMap.class,
            "v1 Service", V1Service.class,
            "v1 PersistentVolumeClaim", V1PersistentVolumeClaim.class,
            "apps/v1 Deployment", V1Deployment.class,
            "batch/v1 Job", V1Job.class,
            "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class,
            "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class);

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private KubernetesApi() {
    }

    /** @throws IllegalArgumentException if the resource does not follow its schema; names the field */
    static void validate(JsonNode resource) {
        String type = resource.path("apiVersion").asText() + " " + resource.path("kind").asText();
        if (!TYPES.containsKey(type)) {
            throw new IllegalArgumentException("not among " + TYPES.keySet() + ": " + type);
        }
        JsonNode read = throughModel(resource, TYPES.get(type));
        // The model turns the text "2" into a number and "yes" into false, which the API server refuses.
        refuseDifferences(Manifests.id(resource), resource, read);
    }

    private static JsonNode throughModel(JsonNode resource, Class<?> type) {
        try {
            return MAPPER.readTree(JSON.getGson().toJson(JSON.getGson().fromJson(resource.toString(), type)));
        } catch (JsonParseException | QuantityFormatException e) {
            throw new IllegalArgumentException(Manifests.id(resource) + ": " + e.getMessage(), e);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void refuseDifferences(String path, JsonNode written, JsonNode read) {
        if (written.isObject() && read.isObject()) {
            written.properties().forEach(entry -> refuseDifferences(path + "." + entry.getKey(), entry.getValue(), read.path(entry.getKey())));
        } else if (written.isArray() && read.isArray() && written.size() == read.size()) {
            for (int i = 0; i < written.size(); i++) {
                refuseDifferences(path + "[" + i + "]", written.get(i), read.get(i));
            }
        } else if (!written.equals(read)) {
            throw new IllegalArgumentException(path + ": " + written + " is read as " + read);
        }
    }
}
